// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// One log file. The process that writes it holds it open for appending and knows nothing of what is done here:
/// nothing waits for it, and it waits for nothing.
///
/// What is too old is given back to the disk where it lies (fallocate(2), FALLOC_FL_PUNCH_HOLE): the file's size and
/// the place of every byte stay as they are, so a byte's offset means the same for ever, and the writer's next line
/// goes to the end as before. Where a file system can't do that, the file is emptied (ftruncate(2)) when it is full;
/// for a writer in append mode that is as good, but of the older output nothing stays.
enum LogFile {
  struct Size: Hashable, Sendable {
    /// Bytes ever written (or since it was emptied).
    var logical: Int64
    /// What it takes on the disk.
    var allocated: Int64
  }

  enum Trimmed: Hashable, Sendable {
    /// The front was given back.
    case front
    /// The file system can only empty the file, which was done.
    case emptied
  }

  /// nil when there is no such file. Blocks.
  static func size(_ path: String) throws(StateError) -> Size? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw .file(call: "stat", path: path, errno: errno)
    }
    return Size(
      logical: Int64(status.st_size), allocated: Int64(status.st_blocks) * 512)
  }

  /// Gives back all but the last `bytes` that are on the disk, to the block. Blocks.
  static func trim(_ path: String, to bytes: Int64) throws(StateError) -> Trimmed {
    let fd = try Files.open(path, O_RDWR)
    defer { close(fd) }
    var status = stat()
    guard fstat(fd, &status) == 0 else { throw .file(call: "fstat", path: path, errno: errno) }
    let block = max(Int64(status.st_blksize), 4096)
    let front = max(0, (Int64(status.st_size) - bytes) / block * block)
    guard front > 0 else { return .front }
    let answer = tendon_log_punch_front(fd, front)
    switch -answer {
    case 0: return .front
    case EOPNOTSUPP, ENOSYS:
      guard ftruncate(fd, 0) == 0 else {
        throw .file(call: "ftruncate", path: path, errno: errno)
      }
      return .emptied
    case let error: throw .file(call: "fallocate", path: path, errno: error)
    }
  }

  /// The first offset at or after `offset` that still has its bytes; nil where there is none up to the end.
  static func firstData(_ fd: Int32, from offset: Int64) -> Int64? {
    let found = tendon_log_first_data(fd, offset)
    if found >= 0 { return found }
    // ENXIO: only a hole, or the end. Anything else: a file system that knows no holes, and makes none.
    return found == -Int64(ENXIO) ? nil : offset
  }
}
