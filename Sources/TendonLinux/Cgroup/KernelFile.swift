// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Reads and writes files that the kernel makes up: whole, unbuffered, one `write(2)` per value.
/// Every call blocks for as long as the kernel takes; a write to a memory limit may take seconds.
package enum KernelFile {
  /// The text without its final newline; nil when the file is not there, or its cgroup was removed
  /// while it was open.
  package static func read(_ path: String) throws(KernelFileError) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if isAbsence(errno) { return nil }
      throw .cannotRead(path: path, errno: errno)
    }
    defer { close(file) }
    var bytes: [UInt8] = []
    while true {
      let (count, failure) = append(to: &bytes, from: file)
      // ESRCH: a file of a process that ended.
      if failure == ENODEV || failure == ESRCH { return nil }
      guard failure == 0 else { throw .cannotRead(path: path, errno: failure) }
      // A short piece need not be the last: the kernel ends a piece where the next line does not fit.
      if count == 0 { break }
    }
    while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether an errno of open(2) says that there is no such file.
  static func isAbsence(_ error: Int32) -> Bool {
    error == ENOENT || error == ENODEV || error == ENOTDIR
  }

  /// How much is read at one time; the kernel's own buffer is as large.
  static let roomBytes = 4096

  private static func append(
    to bytes: inout [UInt8], from file: Int32
  ) -> (count: Int, failure: Int32) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: roomBytes) { buffer in
      var count = Glibc.read(file, buffer.baseAddress, buffer.count)
      while count < 0, errno == EINTR {
        count = Glibc.read(file, buffer.baseAddress, buffer.count)
      }
      guard count >= 0 else { return (0, errno) }
      bytes.append(contentsOf: buffer[..<count])
      return (count, 0)
    }
  }

  /// Writes `value` in one call. The file must be there: nothing is ever created.
  /// - Parameter waits: false opens with `O_NONBLOCK`, which makes newer kernels skip the synchronous
  ///   reclaim of `memory.high`; older ones ignore it.
  package static func write(
    _ value: String, to path: String, waits: Bool = true
  ) throws(KernelFileError) {
    let file = open(path, O_WRONLY | O_CLOEXEC | (waits ? 0 : O_NONBLOCK))
    guard file >= 0 else { throw .cannotWrite(path: path, value: value, errno: errno) }
    defer { close(file) }
    try write(value, to: file, path: path)
    _ = cut(file, to: value.utf8.count)
  }

  /// - Parameter at: where in the file: a file that stays open is written from its beginning each time.
  static func write(
    _ value: String, to file: Int32, at offset: off_t = 0, path: String
  ) throws(KernelFileError) {
    var text = value
    let (count, failure) = text.withUTF8 { bytes in
      var count = pwrite(file, bytes.baseAddress, bytes.count, offset)
      while count < 0, errno == EINTR {
        count = pwrite(file, bytes.baseAddress, bytes.count, offset)
      }
      return (count, count < 0 ? errno : 0)
    }
    guard count == value.utf8.count else {
      throw .cannotWrite(path: path, value: value, errno: failure == 0 ? EIO : failure)
    }
  }

  /// Cuts what is left of a longer text in a fixture folder; the kernel's own files have no size. Not by
  /// O_TRUNC, which makes ext4 write to the disk at once.
  /// - Returns: whether there was something to cut.
  static func cut(_ file: Int32, to count: Int) -> Bool {
    var status = stat()
    guard fstat(file, &status) == 0, status.st_size > count else { return false }
    return ftruncate(file, count) == 0
  }

  /// Whether there is something at `path`.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
