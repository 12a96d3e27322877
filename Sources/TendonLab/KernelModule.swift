// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage

/// A module of the kernel that this host runs: `fs/overlayfs/overlay`.
struct KernelModule {
  let path: FilePath

  init(_ name: String) {
    var system = utsname()
    // It can't fail for a place to write to.
    uname(&system)
    let release = withUnsafeBytes(of: &system.release) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    path = FilePath("\(UMLHost.modules)/\(release)/kernel/\(name).ko")
  }

  /// What a disk with project quotas, and a file system in a file, need to be mounted. Built in, or not there: the mount
  /// tells.
  static func loadForDisks() {
    for name in [
      "fs/quota/quota_tree", "fs/quota/quota_v2", "drivers/block/loop", "fs/squashfs/squashfs",
      "fs/erofs/erofs",
    ] {
      do { try KernelModule(name).load() } catch { continue }
    }
  }

  /// - Throws: also where the kernel has it built in, for then there is no file.
  func load() throws(LabError) {
    let error = tendon_lab_load_module(path.string)
    guard error == 0 else {
      throw .file(operation: "load", path: path, errno: Errno(rawValue: error))
    }
  }
}
