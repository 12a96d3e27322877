// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Making, listing and removing cgroups, which are folders to the kernel.
enum Folders {
  /// How deep an instance's own cgroups are followed when they are removed.
  private static let deepest = 32

  static func create(_ path: String) throws(CgroupError) {
    guard mkdir(path, 0o755) != 0, errno != EEXIST else { return }
    throw .cannotCreate(path: path, errno: errno)
  }

  /// Removes a folder and the folders in it; only empty cgroups can be removed.
  static func remove(_ path: String, depth: Int = 0) throws(CgroupError) {
    if rmdir(path) == 0 || errno == ENOENT { return }
    let error = errno
    guard error == EBUSY || error == ENOTEMPTY, depth < deepest else {
      throw .cannotRemove(path: path, errno: error)
    }
    let inner = try list(path)
    guard !inner.isEmpty else { throw .cannotRemove(path: path, errno: error) }
    for name in inner { try remove(path + "/" + name, depth: depth + 1) }
    guard rmdir(path) == 0 || errno == ENOENT else {
      throw .cannotRemove(path: path, errno: errno)
    }
  }

  /// Removes a folder unless something is in it.
  static func removeIfEmpty(_ path: String) throws(CgroupError) {
    if rmdir(path) == 0 { return }
    guard [ENOENT, EBUSY, ENOTEMPTY].contains(errno) else {
      throw .cannotRemove(path: path, errno: errno)
    }
  }

  /// The names of the folders in a folder; none when it is gone.
  static func list(_ path: String) throws(CgroupError) -> [String] {
    guard let folder = opendir(path) else {
      if errno == ENOENT || errno == ENODEV { return [] }
      throw .cannotList(path: path, errno: errno)
    }
    defer { closedir(folder) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(folder) {
      guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw .cannotList(path: path, errno: errno) }
    return names
  }
}
