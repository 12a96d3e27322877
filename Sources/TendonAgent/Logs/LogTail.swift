// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Where lines of a file begin. All block.
enum LogTail {
  private static let lineFeed = UInt8(ascii: "\n")

  /// Where the last `lines` lines between `start` and `end` begin.
  static func offset(
    _ fd: Int32, _ path: String, lines: Int, from start: Int64, to end: Int64
  ) throws(StateError) -> Int64 {
    guard lines > 0 else { return end }
    var position = end
    // The line feed at the very end closes the last line and is none to count.
    var toFind = lines + 1
    var chunk = [UInt8](repeating: 0, count: 32 * 1024)
    var isLast = true
    while position > start {
      let size = min(Int64(chunk.count), position - start)
      position -= size
      guard pread(fd, &chunk, Int(size), off_t(position)) == Int(size) else {
        throw .file(call: "pread", path: path, errno: errno)
      }
      if isLast, chunk[Int(size) - 1] != lineFeed { toFind -= 1 }
      isLast = false
      for index in stride(from: Int(size) - 1, through: 0, by: -1) where chunk[index] == lineFeed {
        toFind -= 1
        if toFind == 0 { return position + Int64(index) + 1 }
      }
    }
    return start
  }

  /// Where the line that `offset` lies in begins, if that is within 32 KiB and on the disk; else `offset`.
  static func lineStart(
    _ fd: Int32, _ path: String, of offset: Int64
  ) throws(StateError) -> Int64 {
    let size = min(offset, 32 * 1024)
    var chunk = [UInt8](repeating: 0, count: Int(size))
    guard pread(fd, &chunk, Int(size), off_t(offset - size)) == Int(size) else {
      throw .file(call: "pread", path: path, errno: errno)
    }
    if let index = chunk.lastIndex(of: lineFeed) { return offset - size + Int64(index) + 1 }
    return size == offset && LogFile.firstData(fd, from: 0) == 0 ? 0 : offset
  }
}
