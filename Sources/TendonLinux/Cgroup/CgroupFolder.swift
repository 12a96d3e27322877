// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A cgroup's folder and its files, held open while they are read and written, some of them several times.
///
/// The kernel looks a file up in an open folder by its name alone and not along the whole path, which costs a third of
/// an open; and a file that is open is written and read in a tenth of the time. Everything is closed with the value, so
/// that no more is open than what is being changed right now. A folder that is not there is one without files.
package final class CgroupFolder {
  private struct Held {
    var file: String
    var flags: Int32
    var descriptor: Int32
  }

  package let path: String
  private var folder: Int32
  private let openErrno: Int32
  private var files: [Held] = []

  package init(_ path: String) {
    self.path = path
    folder = Glibc.open(path, tendon_o_path() | O_DIRECTORY | O_CLOEXEC)
    openErrno = folder < 0 ? errno : 0
    files.reserveCapacity(12)
  }

  deinit {
    for held in files { close(held.descriptor) }
    if folder >= 0 { close(folder) }
  }

  func path(of file: String) -> String { "\(path)/\(file)" }

  /// Gives the folder's descriptor away, which `CLONE_INTO_CGROUP` takes although it was opened with `O_PATH`; whoever
  /// gets it closes it. No file can be opened any more.
  /// - Throws: `cannotOpen` where the folder is not there.
  package func take() throws(CgroupError) -> Int32 {
    guard folder >= 0 else { throw .cannotOpen(path: path, errno: openErrno) }
    defer { folder = -1 }
    return folder
  }

  /// The file's text; nil when it is not there.
  /// - Parameter toWrite: whether it is going to be written, too.
  func read(_ file: String, toWrite: Bool = false) throws(KernelFileError) -> String? {
    // A file that was opened to be written can be read as well.
    let open = files.first { $0.file == file }?.descriptor
    let descriptor = open ?? opened(file, toWrite ? O_RDWR : O_RDONLY)
    guard descriptor >= 0 else {
      if KernelFile.isAbsence(errno) { return nil }
      throw .cannotRead(path: path(of: file), errno: errno)
    }
    return try OpenKernelFile.read(descriptor, path: path(of: file))
  }

  /// A file of one number; nil when it is not there.
  func number(_ file: String) throws(KernelFileError) -> UInt64? {
    guard let text = try read(file) else { return nil }
    return try KeyedText.number(text, path: path(of: file))
  }

  /// One number of a file of `KEY NUMBER` lines; nil when it is not there.
  func value(_ key: Substring, in file: String) throws(KernelFileError) -> UInt64? {
    guard let text = try read(file) else { return nil }
    let path = path(of: file)
    return try KeyedText.value(key, of: KeyedText.flat(text, path: path), path: path)
  }

  /// - Parameter waits: as in `KernelFile.write`.
  func write(_ value: String, to file: String, waits: Bool = true) throws(KernelFileError) {
    let descriptor = try writable(value, file, waits: waits)
    try KernelFile.write(value, to: descriptor, path: path(of: file))
    _ = KernelFile.cut(descriptor, to: value.utf8.count)
  }

  /// Writes `value` and returns what the file then says.
  func writeAndRead(
    _ value: String, to file: String, waits: Bool
  ) throws(KernelFileError) -> String? {
    let path = path(of: file)
    let descriptor = try writable(value, file, waits: waits)
    try KernelFile.write(value, to: descriptor, path: path)
    let readBack = try OpenKernelFile.read(descriptor, path: path)
    // Other than in the kernel's files, the end of a longer text stays (fixture folders).
    guard readBack != value, KernelFile.cut(descriptor, to: value.utf8.count) else {
      return readBack
    }
    return try OpenKernelFile.read(descriptor, path: path)
  }

  private func writable(
    _ value: String, _ file: String, waits: Bool
  ) throws(KernelFileError) -> Int32 {
    let flags = O_RDWR | (waits ? 0 : O_NONBLOCK)
    let open = files.first { $0.file == file && $0.flags == flags }?.descriptor
    let descriptor = open ?? opened(file, flags)
    guard descriptor >= 0 else {
      throw .cannotWrite(path: path(of: file), value: value, errno: errno)
    }
    return descriptor
  }

  private func opened(_ file: String, _ flags: Int32) -> Int32 {
    // Without the folder, the path fails with the reason that is then told.
    let descriptor =
      folder >= 0
      ? openat(folder, file, flags | O_CLOEXEC) : Glibc.open(path(of: file), flags | O_CLOEXEC)
    if descriptor >= 0 { files.append(Held(file: file, flags: flags, descriptor: descriptor)) }
    return descriptor
  }
}
