// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What io limits of instances apply to: the disk behind the folder in which they keep their files, or one that a spec
/// names.
package enum InstanceStorage: Hashable, Sendable {
  /// A whole disk, as `io.max` wants it, never a partition.
  case disk(BlockDevice)
  /// There is none, for the given reason.
  case none(reason: String)
}

extension InstanceStorage {
  /// The disk that a spec means: `8:16`, `sdb`, `/dev/sdb`, or a path on it. Never fails: a device that can't be found is
  /// a reason.
  static func named(_ name: String, sys: String) -> InstanceStorage {
    do throws(KernelFileError) {
      if let device = BlockDevice(name) { return try disk(of: device, sys: sys, path: name) }
      guard name.hasPrefix("/") else {
        let file = "\(sys)/class/block/\(name)/dev"
        guard let text = try KernelFile.read(file) else {
          return .none(reason: "this host has no block device \(name) (\(file) is missing)")
        }
        guard let device = BlockDevice(text) else {
          throw .notAsExpected(file, text, "a device number such as 254:0")
        }
        return try disk(of: device, sys: sys, path: name)
      }
      var status = stat()
      guard stat(name, &status) == 0 else { throw .cannotRead(path: name, errno: errno) }
      guard status.st_mode & S_IFMT == S_IFBLK else { return try behind(name, sys: sys) }
      return try disk(of: BlockDevice(number: UInt64(status.st_rdev)), sys: sys, path: name)
    } catch {
      return .none(reason: "\(error)")
    }
  }

  /// The disk behind `path`.
  /// - Parameter sys: where sysfs is mounted.
  /// - Throws: when `path` or the mount table can't be read.
  package static func behind(
    _ path: String, sys: String = "/sys"
  ) throws(KernelFileError) -> InstanceStorage {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .cannotRead(path: path, errno: errno) }
    let device = BlockDevice(number: UInt64(status.st_dev))
    if device.major != 0 { return try disk(of: device, sys: sys, path: path) }
    // Major 0 means a file system without one device of its own: tmpfs and overlay have none, btrfs names one.
    guard let mount = try MountTable.current().mount(holding: path) else {
      return .none(reason: "no mount holds \(path)")
    }
    var source = stat()
    if mount.source.hasPrefix("/dev/"), stat(mount.source, &source) == 0, source.st_rdev != 0 {
      return try disk(of: BlockDevice(number: UInt64(source.st_rdev)), sys: sys, path: path)
    }
    return .none(
      reason: "no block device behind \(path) (\(mount.fileSystem)), so io limits can't be enforced"
    )
  }

  /// The whole disk of a device that may be a partition; sysfs is asked, because a write to `io.max` for a
  /// device that is not there takes the kernel a second to refuse.
  static func disk(
    of device: BlockDevice, sys: String, path: String
  ) throws(KernelFileError) -> InstanceStorage {
    let folder = "\(sys)/dev/block/\(device)"
    guard KernelFile.exists(folder) else {
      return .none(reason: "\(folder) is missing, so there is no device to limit behind \(path)")
    }
    guard KernelFile.exists(folder + "/partition") else { return .disk(device) }
    let file = folder + "/../dev"
    let text = try KernelFile.read(file) ?? ""
    guard let whole = BlockDevice(text) else {
      throw .notAsExpected(file, text, "a device number such as 254:0")
    }
    return .disk(whole)
  }
}
