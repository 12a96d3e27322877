// SPDX-License-Identifier: Apache-2.0

/// Where cgroup v2 is seen, and what cgroup v1 keeps from it.
package struct CgroupMount: Hashable, Sendable {
  package static let ownCgroupPath = "/proc/self/cgroup"

  /// Where the hierarchy is mounted: `/sys/fs/cgroup`, or `/sys/fs/cgroup/unified` beside v1.
  package let mountPoint: String
  /// The cgroup that the mount point shows: `/`, or another one in a container.
  package let root: String
  /// The folder of this process's own cgroup; nil when it lies outside of what is mounted.
  package let ownFolder: String?
  /// The controllers that cgroup v1 holds, each with its mount point.
  package let heldByV1: [Controller: String]

  /// Tendon's tree unless told otherwise.
  package var defaultTreeRoot: String { mountPoint + "/tendon" }

  /// Finds the mount in the texts of `/proc/self/mountinfo` and `/proc/self/cgroup`. Of several, one that
  /// shows the whole hierarchy is taken before one that shows a part.
  package init(mountInfo: String, ownCgroup: String) throws(CgroupError) {
    let table = try CgroupError.file { () throws(KernelFileError) in
      try MountTable(parsing: mountInfo)
    }
    let mounts = table.entries.filter { $0.fileSystem == "cgroup2" }
    guard let mount = mounts.first(where: { $0.root == "/" }) ?? mounts.first else {
      throw .noMount(path: MountTable.path)
    }
    mountPoint = mount.mountPoint
    root = mount.root
    ownFolder = Self.ownCgroup(in: ownCgroup).flatMap { Self.folder(of: $0, in: mount) }
    var held: [Controller: String] = [:]
    for entry in table.entries where entry.fileSystem == "cgroup" {
      for controller in Controller.allCases where entry.superOptions.contains(controller.v1Name) {
        held[controller] = entry.mountPoint
      }
    }
    heldByV1 = held
  }

  /// The mount as this process sees it now.
  package static func discover() throws(CgroupError) -> CgroupMount {
    let texts = try CgroupError.file { () throws(KernelFileError) in
      (try KernelFile.read(MountTable.path) ?? "", try KernelFile.read(ownCgroupPath) ?? "")
    }
    return try CgroupMount(mountInfo: texts.0, ownCgroup: texts.1)
  }

  /// The path of the `0::` line, wherever it stands (cgroups(7)); nil when there is none.
  static func ownCgroup(in text: String) -> String? {
    for line in text.split(separator: "\n") where line.hasPrefix("0::") {
      return String(line.dropFirst(3))
    }
    return nil
  }

  private static func folder(of cgroup: String, in mount: MountEntry) -> String? {
    if mount.root == "/" { return cgroup == "/" ? mount.mountPoint : mount.mountPoint + cgroup }
    if cgroup == mount.root { return mount.mountPoint }
    guard cgroup.hasPrefix(mount.root + "/") else { return nil }
    return mount.mountPoint + cgroup.dropFirst(mount.root.count)
  }
}

extension Controller {
  /// The name under which cgroup v1 mounts it.
  fileprivate var v1Name: String { self == .io ? "blkio" : rawValue }
}
