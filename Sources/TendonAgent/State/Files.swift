// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The few file operations the agent needs, with errors that name call and path. All block.
enum Files {
  /// Makes a directory and those above it; fine when it is there.
  static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws(StateError) {
    if mkdir(path, mode) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw .file(call: "mkdir", path: path, errno: errno)
    }
    try makeDirectory(String(path[..<slash]), mode: mode)
    guard mkdir(path, mode) == 0 || errno == EEXIST else {
      throw .file(call: "mkdir", path: path, errno: errno)
    }
  }

  /// The names in a directory, without `.` and `..`; none when it does not exist.
  static func names(in path: String) throws(StateError) -> [String] {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return [] }
      throw .file(call: "opendir", path: path, errno: errno)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0o600
  ) throws(StateError) -> Int32 {
    while true {
      let fd = Glibc.open(path, flags | O_CLOEXEC, mode)
      if fd >= 0 { return fd }
      if errno != EINTR { throw .file(call: "open", path: path, errno: errno) }
    }
  }

  static func openDirectory(_ path: String) throws(StateError) -> Int32 {
    try open(path, O_RDONLY | O_DIRECTORY)
  }

  static func read(_ path: String) throws(StateError) -> [UInt8] {
    let fd = try open(path, O_RDONLY)
    defer { close(fd) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = Glibc.read(fd, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .file(call: "read", path: path, errno: errno) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  static func read(_ place: Range<Int>, of fd: Int32, path: String) throws(StateError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: place.count)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        pread(fd, $0.baseAddress! + done, place.count - done, off_t(place.lowerBound + done))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .file(call: "read", path: path, errno: count < 0 ? errno : EIO) }
      done += count
    }
    return bytes
  }

  /// All of it, or an error; how much was written then is not known.
  static func write(
    _ bytes: [UInt8], to fd: Int32, at offset: Int, path: String
  ) throws(StateError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(fd, $0.baseAddress! + done, bytes.count - done, off_t(offset + done))
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .file(call: "write", path: path, errno: errno) }
      done += count
    }
  }

  /// Replaces a file as a whole and durably: written beside it, synced, renamed, and the directory synced.
  static func replace(_ name: String, in directory: String, with bytes: [UInt8]) throws(StateError)
  {
    let temporary = "\(directory)/\(name).tmp"
    let fd = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC)
    do {
      defer { close(fd) }
      try write(bytes, to: fd, at: 0, path: temporary)
      guard fsync(fd) == 0 else {
        throw StateError.file(call: "fsync", path: temporary, errno: errno)
      }
    }
    try rename(temporary, to: "\(directory)/\(name)")
    try syncDirectory(directory)
  }

  static func rename(_ path: String, to new: String) throws(StateError) {
    guard Glibc.rename(path, new) == 0 else {
      throw .file(call: "rename", path: path, errno: errno)
    }
  }

  /// Makes a directory a user's own, which others can't look into; one that it owns stays as the user left it.
  static func give(_ directory: String, to uid: UInt32, _ gid: UInt32) throws(StateError) {
    var status = stat()
    guard lstat(directory, &status) == 0 else {
      throw .file(call: "lstat", path: directory, errno: errno)
    }
    if status.st_uid == uid, status.st_gid == gid { return }
    if status.st_uid != uid, uid != 0 { try setMode(directory, 0o750) }
    guard lchown(directory, uid, gid) == 0 else {
      throw .file(call: "lchown", path: directory, errno: errno)
    }
  }

  /// Fine without a write when the mode is so.
  static func setMode(_ path: String, _ mode: mode_t) throws(StateError) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & 0o7777 == mode { return }
    guard chmod(path, mode) == 0 else { throw .file(call: "chmod", path: path, errno: errno) }
  }

  /// Gives what is in a directory to a user whose the directory is not yet, as far as it belongs to users of a range: a name that stands for
  /// something else's file (a hard link) is not touched. Links are not followed.
  static func handOver(
    _ directory: String, to uid: UInt32, ofUsersIn range: ClosedRange<UInt32>
  ) throws(StateError) {
    var top = stat()
    guard lstat(directory, &top) == 0, top.st_uid != uid else { return }
    for name in try names(in: directory) {
      let path = directory + "/" + name
      var status = stat()
      guard lstat(path, &status) == 0 else {
        throw .file(call: "lstat", path: path, errno: errno)
      }
      guard range.contains(status.st_uid) else { continue }
      if status.st_mode & S_IFMT == S_IFDIR { try handOver(path, to: uid, ofUsersIn: range) }
      guard lchown(path, uid, uid) == 0 else {
        throw .file(call: "lchown", path: path, errno: errno)
      }
    }
  }

  /// Fine when it is gone.
  static func remove(_ path: String) throws(StateError) {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw .file(call: "unlink", path: path, errno: errno)
    }
  }

  static func syncDirectory(_ path: String) throws(StateError) {
    let fd = try open(path, O_RDONLY | O_DIRECTORY)
    defer { close(fd) }
    // EINVAL: this file system cannot, and then orders renames on its own (hostfs).
    guard fsync(fd) == 0 || errno == EINVAL else {
      throw .file(call: "fsync", path: path, errno: errno)
    }
  }
}
