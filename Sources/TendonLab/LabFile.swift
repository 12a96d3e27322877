// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// Small blocking file work, each failure with its operation and path.
enum LabFile {
  /// The whole file, nil when there is none.
  static func read(_ path: FilePath) throws(LabError) -> [UInt8]? {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      defer { close(file) }
      var bytes: [UInt8] = []
      while true {
        let chunk = try [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
          count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        if chunk.isEmpty { return bytes }
        bytes += chunk
      }
    } catch let errno as Errno {
      if errno == .noSuchFileOrDirectory { return nil }
      throw .file(operation: "read", path: path, errno: errno)
    } catch {
      throw .file(operation: "read", path: path, errno: .ioError)
    }
  }

  static func text(_ path: FilePath) throws(LabError) -> String? {
    guard let bytes = try read(path) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Replaces the file in one step, durably: readers see the old content or the new.
  static func replace(
    _ path: FilePath, with bytes: [UInt8], permissions: FilePermissions = [.ownerReadWrite]
  ) throws(LabError) {
    let temporary = FilePath(path.string + ".new")
    try write(temporary, bytes, permissions: permissions)
    guard rename(temporary.string, path.string) == 0 else {
      throw .file(operation: "replace", path: path, errno: Errno(rawValue: Glibc.errno))
    }
  }

  /// Writes and synchronises a file, in place.
  static func write(
    _ path: FilePath, _ bytes: [UInt8], permissions: FilePermissions = [.ownerReadWrite]
  ) throws(LabError) {
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: permissions)
      defer { close(file) }
      _ = try file.writeAll(bytes)
      guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: Glibc.errno) }
    } catch {
      throw .file(
        operation: "write", path: path, errno: (error as? Errno) ?? .ioError)
    }
  }

  /// Writes a kernel attribute file: one write call, no synchronisation.
  static func writeAttribute(_ path: FilePath, _ value: String) throws(LabError) {
    do {
      let file = try FileDescriptor.open(path, .writeOnly, options: .closeOnExec)
      defer { close(file) }
      _ = try file.writeAll(value.utf8)
    } catch {
      throw .file(
        operation: "write '\(value)' to", path: path, errno: (error as? Errno) ?? .ioError)
    }
  }

  static func open(
    _ path: FilePath, _ mode: FileDescriptor.AccessMode,
    options: FileDescriptor.OpenOptions = []
  ) throws(LabError) -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        path, mode, options: options.union(.closeOnExec),
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw .file(operation: "open", path: path, errno: (error as? Errno) ?? .ioError)
    }
  }

  /// Closes a descriptor; what was written was synchronised before, so the result says nothing.
  static func close(_ file: FileDescriptor) {
    _ = Glibc.close(file.rawValue)
  }

  static func exists(_ path: FilePath) -> Bool { access(path.string, F_OK) == 0 }

  static func isExecutable(_ path: FilePath) -> Bool { access(path.string, X_OK) == 0 }

  static func linkTarget(_ path: FilePath) -> FilePath? {
    guard let resolved = realpath(path.string, nil) else { return nil }
    defer { free(resolved) }
    return FilePath(String(cString: resolved))
  }

  /// Removes one file; one that is not there is removed already.
  static func remove(_ path: FilePath) throws(LabError) {
    guard unlink(path.string) == 0 || Glibc.errno == ENOENT else {
      throw .file(operation: "remove", path: path, errno: Errno(rawValue: Glibc.errno))
    }
  }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: FilePath, mode: UInt32 = 0o755) throws(LabError) {
    if mkdir(path.string, mode) == 0 || Glibc.errno == EEXIST { return }
    guard Glibc.errno == ENOENT, !path.removingLastComponent().isEmpty else {
      throw .file(operation: "make folder", path: path, errno: Errno(rawValue: Glibc.errno))
    }
    try makeFolder(path.removingLastComponent(), mode: mode)
    guard mkdir(path.string, mode) == 0 || Glibc.errno == EEXIST else {
      throw .file(operation: "make folder", path: path, errno: Errno(rawValue: Glibc.errno))
    }
  }

  /// The names in a folder, without `.` and `..`; empty when there is no such folder.
  static func list(_ path: FilePath) throws(LabError) -> [String] {
    guard let folder = opendir(path.string) else {
      if Glibc.errno == ENOENT { return [] }
      throw .file(operation: "list", path: path, errno: Errno(rawValue: Glibc.errno))
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// Removes a folder and all below it, following no links.
  static func removeTree(_ path: FilePath) throws(LabError) {
    if unlink(path.string) == 0 || Glibc.errno == ENOENT { return }
    guard Glibc.errno == EISDIR || Glibc.errno == EPERM else {
      throw .file(operation: "remove", path: path, errno: Errno(rawValue: Glibc.errno))
    }
    for name in try list(path) { try removeTree(path.appending(name)) }
    guard rmdir(path.string) == 0 || Glibc.errno == ENOENT else {
      throw .file(operation: "remove", path: path, errno: Errno(rawValue: Glibc.errno))
    }
  }
}
