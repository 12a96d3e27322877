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
      if errno == ENOENT || errno == ENODEV || errno == ENOTDIR { return nil }
      throw .cannotRead(path: path, errno: errno)
    }
    defer { close(file) }
    var bytes: [UInt8] = []
    while true {
      let before = bytes.count
      var failure: Int32 = 0
      // Kernel files are nearly always shorter than a page, so this is one read and one empty read.
      bytes.append(
        addingCapacity: 4096,
        initializingWith: { buffer in
          var count = Glibc.read(file, buffer.baseAddress, buffer.count)
          while count < 0, errno == EINTR {
            count = Glibc.read(file, buffer.baseAddress, buffer.count)
          }
          if count < 0 { failure = errno }
          return max(0, count)
        })
      if failure == ENODEV { return nil }
      guard failure == 0 else { throw .cannotRead(path: path, errno: failure) }
      if bytes.count == before { break }
    }
    while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes `value` in one call. The file must be there: nothing is ever created.
  /// - Parameter waits: false opens with `O_NONBLOCK`, which makes newer kernels skip the synchronous
  ///   reclaim of `memory.high`; older ones ignore it.
  package static func write(
    _ value: String, to path: String, waits: Bool = true
  ) throws(KernelFileError) {
    // O_TRUNC means nothing to the kernel's own files; it is for fixture folders.
    let file = open(path, O_WRONLY | O_CLOEXEC | O_TRUNC | (waits ? 0 : O_NONBLOCK))
    guard file >= 0 else { throw .cannotWrite(path: path, value: value, errno: errno) }
    defer { close(file) }
    var text = value
    let (count, failure) = text.withUTF8 { bytes in
      var count = Glibc.write(file, bytes.baseAddress, bytes.count)
      while count < 0, errno == EINTR {
        count = Glibc.write(file, bytes.baseAddress, bytes.count)
      }
      return (count, count < 0 ? errno : 0)
    }
    guard count == value.utf8.count else {
      throw .cannotWrite(path: path, value: value, errno: failure == 0 ? EIO : failure)
    }
  }

  /// Whether there is something at `path`.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

extension Array where Element == UInt8 {
  /// Appends what `body` puts into room for `capacity` bytes; `body` answers how many it filled.
  fileprivate mutating func append(
    addingCapacity capacity: Int, initializingWith body: (UnsafeMutableBufferPointer<UInt8>) -> Int
  ) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { buffer in
      let count = body(buffer)
      append(contentsOf: buffer[..<count])
    }
  }
}
