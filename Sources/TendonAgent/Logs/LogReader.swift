// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import TendonModel

/// Reads an instance's log files, from their last lines on if so asked, and follows them.
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

  private var paths: [String] {
    (request.stream.map { [$0] } ?? [.stdout, .stderr]).map { logs.path(of: instance, epoch, $0) }
  }

  /// The bytes, pulled by whoever iterates: nothing is read ahead.
  func chunks() -> LogChunks { LogChunks(reader: self) }

  fileprivate func start() async throws -> [LogCursor] {
    let (paths, lines) = (paths, request.tailLines)
    return try await blocking.run { () throws(StateError) in
      var cursors: [LogCursor] = []
      for path in paths {
        cursors.append(LogCursor(path: path, offset: try LogTail.offset(of: path, lines: lines)))
      }
      return cursors
    }
  }

  struct LogChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let reader: LogReader

    func makeAsyncIterator() -> Iterator { Iterator(reader: reader) }

    struct Iterator: AsyncIteratorProtocol {
      let reader: LogReader
      private var cursors: [LogCursor]?

      init(reader: LogReader) { self.reader = reader }

      mutating func next() async throws -> ByteBuffer? {
        var cursors: [LogCursor]
        if let started = self.cursors {
          cursors = started
        } else {
          cursors = try await reader.start()
        }
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
          self.cursors = after
          if !bytes.isEmpty { return ByteBuffer(bytes: bytes) }
          guard reader.request.follow else { return nil }
          try await Task.sleep(for: LogReader.pollInterval)
        }
      }
    }
  }
}

/// A place in one log file.
struct LogCursor: Sendable {
  let path: String
  var offset: Int64

  /// The next bytes; none at the end, or while the file does not exist. Blocks.
  mutating func read(_ limit: Int) throws(StateError) -> [UInt8] {
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else {
      if errno == ENOENT { return [] }
      throw .file(call: "open", path: path, errno: errno)
    }
    defer { close(fd) }
    let start = off_t(offset)
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = max(0, pread(fd, buffer.baseAddress, limit, start))
    }
    offset += Int64(bytes.count)
    return bytes
  }
}

/// Where the last lines of a file begin.
enum LogTail {
  /// - Parameter lines: nil is all. Blocks.
  static func offset(of path: String, lines: Int?) throws(StateError) -> Int64 {
    guard let lines else { return 0 }
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else {
      if errno == ENOENT { return 0 }
      throw .file(call: "open", path: path, errno: errno)
    }
    defer { close(fd) }
    let end = Int64(lseek(fd, 0, SEEK_END))
    guard end >= 0 else { throw .file(call: "lseek", path: path, errno: errno) }
    guard lines > 0 else { return end }
    var position = end
    // The line feed at the very end closes the last line and is none to count.
    var toFind = lines + 1
    var chunk = [UInt8](repeating: 0, count: 32 * 1024)
    var isLast = true
    while position > 0 {
      let size = min(Int64(chunk.count), position)
      position -= size
      guard pread(fd, &chunk, Int(size), off_t(position)) == Int(size) else {
        throw .file(call: "pread", path: path, errno: errno)
      }
      if isLast, chunk[Int(size) - 1] != UInt8(ascii: "\n") { toFind -= 1 }
      isLast = false
      for index in stride(from: Int(size) - 1, through: 0, by: -1)
      where chunk[index] == UInt8(ascii: "\n") {
        toFind -= 1
        if toFind == 0 { return position + Int64(index) + 1 }
      }
    }
    return 0
  }
}
