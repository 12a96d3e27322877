// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file of one value that is opened once to be read again and again. It is closed with the value's life.
struct OpenKernelFile: ~Copyable {
  private let descriptor: Int32
  private let path: String

  /// - Returns: nil when the file is not there.
  static func reading(_ path: String) throws(KernelFileError) -> OpenKernelFile? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if KernelFile.isAbsence(errno) { return nil }
      throw .cannotRead(path: path, errno: errno)
    }
    return OpenKernelFile(descriptor: descriptor, path: path)
  }

  deinit { close(descriptor) }

  /// The text without its final newline; nil when the file's cgroup was removed.
  ///
  /// One call of read(2) is enough: the kernel makes a cgroup's attribute up as one record (kernfs calls its
  /// `seq_show` once), and gives it out whole when it fits.
  func read() throws(KernelFileError) -> String? { try Self.read(descriptor, path: path) }

  static func read(
    _ descriptor: Int32, path: String
  ) throws(KernelFileError) -> String? {
    let result = withUnsafeTemporaryAllocation(
      byteCount: KernelFile.roomBytes, alignment: 1
    ) { buffer -> (text: String?, count: Int, failure: Int32) in
      var count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
      while count < 0, errno == EINTR {
        count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
      }
      guard count >= 0 else { return (nil, 0, errno) }
      var length = count
      while length > 0, buffer[length - 1] == UInt8(ascii: "\n") { length -= 1 }
      return (String(decoding: buffer[..<length], as: UTF8.self), count, 0)
    }
    if result.failure == ENODEV { return nil }
    guard result.failure == 0 else { throw .cannotRead(path: path, errno: result.failure) }
    // There may be more than there was room for: io.max of a host with very many disks.
    return result.count < KernelFile.roomBytes ? result.text : try KernelFile.read(path)
  }
}
