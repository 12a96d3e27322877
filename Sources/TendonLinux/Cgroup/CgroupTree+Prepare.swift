// SPDX-License-Identifier: Apache-2.0

extension CgroupTree {
  /// Makes the tree ready for instances: the root and `holder` exist, and the controllers are enabled all the
  /// way down from the mount point. Fine when it is so already.
  /// - Parameter root: below `mount.mountPoint`; nil is `mount.defaultTreeRoot`.
  /// - Parameter required: fewer than `Controller.required` only where limits don't matter, as in a measurement.
  /// - Throws: `missingControllers` when one of `required` is not to be had, `holdsProcesses` when
  ///   a cgroup on the way has processes of its own.
  package static func prepare(
    root: String? = nil, in mount: CgroupMount, required: [Controller] = Controller.required
  ) throws(CgroupError) -> CgroupTree {
    let root = root ?? mount.defaultTreeRoot
    var wanted = try checkedControllers(at: mount.mountPoint, mount: mount, required)
    for folder in try folders(from: mount.mountPoint, to: root) {
      try Folders.create(folder)
      let available = try checkedControllers(at: folder, mount: mount, required)
      wanted = wanted.filter(available.contains)
      try enable(wanted, in: folder)
    }
    let tree = CgroupTree(root: root, controllers: wanted)
    try Folders.create(tree.holder)
    return tree
  }

  /// The same in a cgroup that was delegated to us: what lies above it is its manager's, and not touched.
  /// - Parameter pid: a process of the root's own, which is moved into `holder`: the kernel gives controllers only
  ///   to the children of a cgroup without processes.
  package static func prepareDelegated(
    root: String, holding pid: Int32?, in mount: CgroupMount,
    required: [Controller] = Controller.required
  ) throws(CgroupError) -> CgroupTree {
    let available = try checkedControllers(at: root, mount: mount, required)
    let wanted = try checkedControllers(at: mount.mountPoint, mount: mount, required).filter(
      available.contains)
    let tree = CgroupTree(root: root, controllers: wanted)
    try Folders.create(tree.holder)
    if let pid { try tree.hold(pid: pid) }
    try enable(wanted, in: root)
    return tree
  }

  /// The folders from the mount point down to the root, both included.
  private static func folders(
    from mountPoint: String, to root: String
  ) throws(CgroupError) -> [String] {
    guard root != mountPoint else { return [root] }
    guard root.hasPrefix(mountPoint + "/") else { throw .notACgroup(path: root) }
    var folders = [mountPoint]
    for name in root.dropFirst(mountPoint.count).split(separator: "/") {
      folders.append("\(folders[folders.count - 1])/\(name)")
    }
    return folders
  }

  /// The controllers that `folder` can pass on.
  private static func checkedControllers(
    at folder: String, mount: CgroupMount, _ required: [Controller]
  ) throws(CgroupError) -> [Controller] {
    let file = folder + "/cgroup.controllers"
    let text = try CgroupError.file { () throws(KernelFileError) in try KernelFile.read(file) }
    guard let text else { throw .notACgroup(path: folder) }
    let available = Controller.list(text)
    let missing = required.filter { !available.contains($0) }
    guard missing.isEmpty else {
      throw .missingControllers(
        MissingControllers(
          missing: missing, path: folder, lookedIn: file, available: text,
          heldByV1: mount.heldByV1))
    }
    return available
  }
}
