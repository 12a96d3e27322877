// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TendonModel

/// How far a placement's output had got at some time, or when a process was started.
struct LogMark: Hashable, Sendable {
  var at: Timestamp
  /// A process was about to be started.
  var isStart: Bool
  var sizes: LogSizes
}

/// The marks of one placement, in a file of 24 bytes each: the time in milliseconds, shifted by one for `isStart`,
/// and the two sizes, in the host's byte order. Lines carry no times of their own; these tell about when they were
/// written.
///
/// The file is bounded: when it is full, every second mark goes, so that old output is known less exactly than new.
struct LogMarks: Sendable {
  static let bytesPerMark = 24
  /// 64 KiB a placement.
  static let most = 2730
  /// Of a crash loop's starts the newest are kept.
  static let mostStarts = 256

  /// The one who thins the file out and one who appends are different threads.
  private static let lock = Mutex(())

  let path: String

  /// Blocks.
  func append(_ mark: LogMark) throws(StateError) {
    let result = Self.lock.withLock { _ in
      Result { () throws(StateError) in try appendLocked(mark) }
    }
    try result.get()
  }

  private func appendLocked(_ mark: LogMark) throws(StateError) {
    let fd = try Files.open(path, O_WRONLY | O_CREAT | O_APPEND)
    let bytes = Self.bytes([mark])
    let written = write(fd, bytes, bytes.count)
    let fault = errno
    let end = lseek(fd, 0, SEEK_END)
    close(fd)
    guard written == bytes.count else {
      // A part of a mark would shift all that follow.
      if written > 0 { truncate(path, end - off_t(written)) }
      throw .file(call: "write", path: path, errno: written < 0 ? fault : ENOSPC)
    }
    if Int(end) >= Self.most * Self.bytesPerMark { try thinOut() }
  }

  private func thinOut() throws(StateError) {
    let marks = try all()
    let starts = marks.count { $0.isStart }
    var (startsSeen, others) = (0, 0)
    let kept = marks.filter { mark in
      if mark.isStart {
        startsSeen += 1
        return startsSeen > starts - Self.mostStarts
      }
      others += 1
      return others.isMultiple(of: 2)
    }
    let temporary = path + ".tmp"
    let fd = try Files.open(temporary, O_WRONLY | O_CREAT | O_TRUNC)
    let bytes = Self.bytes(kept)
    let written = write(fd, bytes, bytes.count)
    let fault = errno
    close(fd)
    guard written == bytes.count else {
      throw .file(call: "write", path: temporary, errno: written < 0 ? fault : ENOSPC)
    }
    // Not synced: after a power loss the marks of the last seconds may be missing, and the output with them.
    try Files.rename(temporary, to: path)
  }

  /// Oldest first; none when there is no file. Blocks.
  func all() throws(StateError) -> [LogMark] {
    let bytes: [UInt8]
    do {
      bytes = try Files.read(path)
    } catch .file(_, _, ENOENT) {
      return []
    }
    return bytes.withUnsafeBytes { buffer in
      (0..<buffer.count / Self.bytesPerMark).map { index in
        let numbers = (0..<3).map {
          buffer.loadUnaligned(
            fromByteOffset: index * Self.bytesPerMark + $0 * 8, as: Int64.self)
        }
        return LogMark(
          at: Timestamp(millisecondsSinceEpoch: numbers[0] >> 1), isStart: numbers[0] & 1 == 1,
          sizes: LogSizes(stdout: numbers[1], stderr: numbers[2]))
      }
    }
  }

  /// Where what was written since `time` begins, or a little before. Blocks.
  func sizes(since time: Timestamp) throws(StateError) -> LogSizes {
    try all().last { $0.at <= time }?.sizes ?? LogSizes()
  }

  private static func bytes(_ marks: [LogMark]) -> [UInt8] {
    marks.flatMap { mark -> [UInt8] in
      [
        mark.at.millisecondsSinceEpoch << 1 | (mark.isStart ? 1 : 0), mark.sizes.stdout,
        mark.sizes.stderr,
      ].flatMap { (number: Int64) in withUnsafeBytes(of: number) { Array($0) } }
    }
  }
}
