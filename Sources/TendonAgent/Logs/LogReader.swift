// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import TendonLinux
import TendonModel

/// Reads a placement's log files, the part that is asked for, and follows them.
///
/// Following looks at the sizes every 100 ms: inotify does not see what is written through every file system that
/// logs may lie on.
struct LogReader: Sendable {
  static let pollInterval = Duration.milliseconds(100)
  static let chunkBytes = 64 * 1024

  let logs: LogFiles
  let instance: InstanceID
  let epoch: Epoch
  let request: LogRequest
  let blocking: Blocking
  /// Whether nothing more will be written.
  var isOver: @Sendable () async -> Bool = { false }

  /// The bytes, pulled by whoever iterates: nothing is read ahead.
  /// - Throws: `APIError` when there is no such output.
  func chunks() async throws -> LogChunks {
    let reader = self
    let cursors = try await blocking.run { try reader.cursors() }
    return LogChunks(reader: self, cursors: cursors)
  }

  /// Where each stream begins and ends. Blocks.
  private func cursors() throws -> [LogCursor] {
    let part = try LogPart.find(request, of: instance, epoch, in: logs)
    return try (request.stream.map { [$0] } ?? [.stdout, .stderr]).map { stream in
      let path = logs.path(of: instance, part.epoch, stream)
      var cursor = LogCursor(
        path: path, offset: part.start[stream], end: part.end.map { $0[stream] })
      try cursor.settle(tail: request.tailLines)
      return cursor
    }
  }

  struct LogChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let reader: LogReader
    let cursors: [LogCursor]

    func makeAsyncIterator() -> Iterator { Iterator(reader: reader, cursors: cursors) }

    struct Iterator: AsyncIteratorProtocol {
      let reader: LogReader
      var cursors: [LogCursor]

      mutating func next() async throws -> ByteBuffer? {
        var isLastLook = false
        while true {
          try Task.checkCancellation()
          let before = cursors
          let (bytes, after) = try await reader.blocking.run { () throws(StateError) in
            var cursors = before
            for index in cursors.indices {
              let bytes = try cursors[index].read(LogReader.chunkBytes)
              if !bytes.isEmpty { return (bytes, cursors) }
            }
            return ([], cursors)
          }
          cursors = after
          if !bytes.isEmpty { return ByteBuffer(bytes: bytes) }
          guard reader.request.follow, !isLastLook else { return nil }
          // What was written before it was over is read after that was found out.
          isLastLook = await reader.isOver()
          if !isLastLook { try await Task.sleep(for: LogReader.pollInterval) }
        }
      }
    }
  }
}

/// Which bytes of a placement's streams a request is about.
struct LogPart: Hashable, Sendable {
  var epoch: Epoch
  var start = LogSizes()
  /// nil: to the end, and on.
  var end: LogSizes?

  /// Blocks.
  /// - Throws: `APIError.notFound` when there was no run before.
  static func find(
    _ request: LogRequest, of instance: InstanceID, _ epoch: Epoch, in logs: LogFiles
  ) throws -> LogPart {
    var part = LogPart(epoch: epoch)
    if request.previous { part = try previous(of: instance, epoch, in: logs) }
    if let since = request.since {
      let now = HostClock.wall
      let time = since.time(now: now)
      // Marks are up to a second apart; of what is to come no mark is needed.
      let sizes =
        try time < now
        ? logs.marks(of: instance, part.epoch).sizes(since: time)
        : logs.sizes(of: instance, part.epoch)
      for stream in LogRequest.Stream.allCases {
        part.start[stream] = max(part.start[stream], sizes[stream])
      }
    }
    return part
  }

  private static func previous(
    of instance: InstanceID, _ epoch: Epoch, in logs: LogFiles
  ) throws -> LogPart {
    let starts = try logs.marks(of: instance, epoch).all().filter(\.isStart)
    if starts.count > 1 {
      return LogPart(
        epoch: epoch, start: starts[starts.count - 2].sizes, end: starts[starts.count - 1].sizes)
    }
    guard let before = try logs.epochs(of: instance).last(where: { $0 < epoch }) else {
      throw APIError(
        code: .notFound,
        message: "\(instance) has had no run before this one on this host, or its output is gone")
    }
    let last = try logs.marks(of: instance, before).all().last(where: \.isStart)
    return LogPart(epoch: before, start: last?.sizes ?? LogSizes())
  }
}
