// SPDX-License-Identifier: Apache-2.0

import Glibc
import TendonModel

/// A place in one log file that is read while it is written, and while its front is given back to the disk.
struct LogCursor: Sendable {
  let path: String
  var offset: Int64
  /// Nothing from here on; nil is no such bound.
  var end: Int64?

  /// How far a line's end is looked for. A longer line is cut.
  private static let longestLine: Int64 = 1 << 20

  /// Goes to the beginning of a line that is on the disk: the first one, or that of the last `tail`. Blocks.
  mutating func settle(tail: Int?) throws(StateError) {
    guard let fd = try openedFile() else { return }
    defer { close(fd) }
    let size = Int64(lseek(fd, 0, SEEK_END))
    guard size >= 0 else { throw .file(call: "lseek", path: path, errno: errno) }
    // Beyond the end: the file was emptied since, and all of it is newer.
    if offset > size { offset = 0 }
    let stop = min(end ?? size, size)
    let asked = offset
    offset = LogFile.firstData(fd, from: offset) ?? stop
    if offset > asked {
      // The front of a line went with what was given back.
      offset = nextLine(fd, from: offset, to: stop)
    } else if offset > 0 {
      offset = try LogTail.lineStart(fd, path, of: offset)
    }
    if let tail { offset = try LogTail.offset(fd, path, lines: tail, from: offset, to: stop) }
  }

  /// The next bytes; none at the end, or while the file does not exist. Blocks.
  ///
  /// Where bytes were given back to the disk before they were read, a line says how many.
  mutating func read(_ limit: Int) throws(StateError) -> [UInt8] {
    guard let fd = try openedFile() else { return [] }
    defer { close(fd) }
    let size = Int64(lseek(fd, 0, SEEK_END))
    guard size >= 0 else { throw .file(call: "lseek", path: path, errno: errno) }
    if size < offset {
      offset = 0
      return Array("[tendon: the log was emptied here; older lines are gone]\n".utf8)
    }
    let wanted = min(Int64(limit), (end ?? .max) - offset)
    guard wanted > 0, size > offset else { return [] }
    let start = off_t(offset)
    var fault: Int32?
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(wanted)) { buffer, count in
      let got = pread(fd, buffer.baseAddress, Int(wanted), start)
      if got < 0 { fault = errno }
      count = max(0, got)
    }
    if let fault { throw .file(call: "pread", path: path, errno: fault) }
    // Looked at after reading: the front goes first, so where the first byte is still there, all were.
    let data = LogFile.firstData(fd, from: offset) ?? offset
    guard data > offset else {
      offset += Int64(bytes.count)
      return bytes
    }
    let next = nextLine(fd, from: data, to: min(end ?? size, size))
    let dropped = next - offset
    offset = next
    return Array("[tendon: \(dropped) bytes were dropped here, to keep the log's size]\n".utf8)
  }

  private func openedFile() throws(StateError) -> Int32? {
    do {
      return try Files.open(path, O_RDONLY)
    } catch .file(_, _, ENOENT) {
      return nil
    }
  }

  /// Behind the first line feed at or after `start`; `start` itself when there is none nearby.
  private func nextLine(_ fd: Int32, from start: Int64, to stop: Int64) -> Int64 {
    var chunk = [UInt8](repeating: 0, count: 32 * 1024)
    var at = start
    while at < min(stop, start + Self.longestLine) {
      let count = pread(fd, &chunk, min(chunk.count, Int(stop - at)), off_t(at))
      guard count > 0 else { break }
      if let index = chunk[..<count].firstIndex(of: UInt8(ascii: "\n")) {
        return at + Int64(index) + 1
      }
      at += Int64(count)
    }
    return start
  }
}
