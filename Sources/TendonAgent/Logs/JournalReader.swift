// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import NIOCore
import SystemPackage
import TendonLinux
import TendonModel

/// Reads an instance's output from the journal, with the host's journalctl(1). It ends with this object.
final class JournalReader: AsyncSequence, Sendable {
  typealias Element = ByteBuffer

  private static let chunkBytes = 64 * 1024
  /// How often one who follows looks whether anything more can come.
  private static let lookMilliseconds: Int32 = 1000

  private let process: ChildProcess
  private let output: Int32
  private let isOver: @Sendable () async -> Bool

  /// The host's journalctl; nil where there is none. Blocks.
  static var program: String? {
    ["/usr/bin/journalctl", "/bin/journalctl"].first { access($0, X_OK) == 0 }
  }

  /// Blocks.
  /// - Throws: `APIError` where journalctl can't be started.
  init(
    program: String, _ request: LogRequest, of instance: InstanceID,
    isOver: @escaping @Sendable () async -> Bool
  ) throws {
    var ends: [Int32] = [-1, -1]
    let answer = tendon_pipe(&ends)
    guard answer == 0 else {
      throw APIError(code: .internalError, message: "pipe2: \(errnoText(-answer))")
    }
    defer { close(ends[1]) }
    var command = ChildProcess.Command(
      arguments: [program] + Self.arguments(request, of: instance, now: HostClock.wall),
      environment: ["LANG=C.UTF-8"])
    command.directory = "/"
    command.output = FileDescriptor(rawValue: ends[1])
    command.error = FileDescriptor(rawValue: ends[1])
    do { process = try ChildProcess(command) } catch {
      close(ends[0])
      throw APIError(code: .internalError, message: "\(error)")
    }
    output = ends[0]
    self.isOver = isOver
  }

  deinit {
    close(output)
    // One that has ended already is only reaped.
    try? process.pidfd.send(signal: SIGKILL)
    // Nothing depends on how it ended.
    _ = try? process.wait()
  }

  static func arguments(
    _ request: LogRequest, of instance: InstanceID, now: Timestamp
  ) -> [String] {
    var arguments = ["--quiet", "--no-pager", "--output=cat"]
    arguments.append("--lines=\(request.tailLines.map { String($0) } ?? "all")")
    if let since = request.since {
      let milliseconds = Swift.max(0, since.time(now: now).millisecondsSinceEpoch)
      let fraction = String(1000 + milliseconds % 1000).dropFirst()
      arguments.append("--since=@\(milliseconds / 1000).\(fraction)")
    }
    if request.follow { arguments.append("--follow") }
    if let stream = request.stream {
      arguments.append("PRIORITY=\(JournalStream.priority(of: stream))")
    }
    arguments.append("SYSLOG_IDENTIFIER=\(instance)")
    return arguments
  }

  /// nil at the end.
  private func next() async throws -> ByteBuffer? {
    while true {
      try Task.checkCancellation()
      let output = output
      let bytes = try await BlockingThread.run { () -> [UInt8]? in
        var polled = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        guard poll(&polled, 1, Self.lookMilliseconds) > 0 else { return [] }
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { buffer, count in
          count = Swift.max(0, read(output, buffer.baseAddress, Self.chunkBytes))
        }
        return bytes.isEmpty ? nil : bytes
      }
      guard let bytes else { return nil }
      if !bytes.isEmpty { return ByteBuffer(bytes: bytes) }
      if await isOver() { return nil }
    }
  }

  struct Iterator: AsyncIteratorProtocol {
    let reader: JournalReader

    mutating func next() async throws -> ByteBuffer? { try await reader.next() }
  }

  func makeAsyncIterator() -> Iterator { Iterator(reader: self) }
}
