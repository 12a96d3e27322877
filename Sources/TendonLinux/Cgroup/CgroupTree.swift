// SPDX-License-Identifier: Apache-2.0
package import Glibc
package import TendonModel

/// Tendon's part of the cgroup hierarchy on this host:
/// ```
/// ROOT/holder                    tendon-init
/// ROOT/web.slice/web.3@17        one placement
/// ```
/// Holds no open files; every call works on the folders as they are. The root may be any folder with
/// the right files in it, which is how it is tested.
package struct CgroupTree: Hashable, Sendable {
  package let root: String
  /// What the leaves are governed by: all of `Controller.required`, and `io` where the kernel has it.
  package let controllers: [Controller]

  package init(root: String, controllers: [Controller]) {
    self.root = root
    self.controllers = controllers
  }

  /// The cgroup in which tendon-init lives, beside the instances.
  package var holder: String { root + "/holder" }

  package func path(of leaf: CgroupLeaf) -> String { "\(root)/\(leaf)" }

  /// The cgroup of a service, which holds those of its instances.
  package func slice(of service: ServiceName) -> String {
    "\(root)/\(service)\(CgroupLeaf.sliceSuffix)"
  }

  /// Makes the cgroup of a placement, and its service's if it is the first. Fine when both are there.
  /// - Returns: the leaf's path.
  package func create(_ leaf: CgroupLeaf) throws(CgroupError) -> String {
    let slice = root + "/" + leaf.slice
    let path = path(of: leaf)
    for attempt in 1... {
      try Folders.create(slice)
      do throws(CgroupError) {
        try Folders.create(path)
        break
      } catch {
        // `remove` of a service's last leaf can take the slice away between the two steps.
        guard attempt < 10, case .cannotCreate(_, ENOENT) = error else { throw error }
      }
    }
    try enableControllers(above: leaf)
    return path
  }

  /// Last: what another thread makes anew in place of a slice that it removed has no controllers, and the leaf would come
  /// without its files. Now the leaf keeps the slice from being removed.
  private func enableControllers(above leaf: CgroupLeaf) throws(CgroupError) {
    do throws(CgroupError) {
      try Self.enable(controllers.filter { !$0.isOnDemand }, in: root + "/" + leaf.slice)
    } catch {
      try remove(leaf)
      throw error
    }
  }

  /// Gives the instances of a service a controller that they come without. Fine where they have it, or the host has none.
  package func enable(_ controller: Controller, in service: ServiceName) throws(CgroupError) {
    guard controllers.contains(controller) else { return }
    try Self.enable([controller], in: slice(of: service))
  }

  /// Makes the cgroup of a placement, which must not be there yet.
  /// - Parameter known: the inode of its service's cgroup when the controllers were last enabled in that; one that was
  ///   removed and made again has another.
  /// - Returns: the inode of its service's cgroup; nil when the leaf is there, and then nothing was done.
  package func createNew(
    _ leaf: CgroupLeaf, knownSlice known: ino_t? = nil
  ) throws(CgroupError) -> ino_t? {
    if mkdir(path(of: leaf), 0o755) != 0 {
      guard errno == ENOENT else { return nil }
      _ = try create(leaf)
    } else {
      // From here on the leaf keeps the slice.
      if let known, try sliceInode(above: leaf) == known { return known }
      try enableControllers(above: leaf)
    }
    return try sliceInode(above: leaf)
  }

  private func sliceInode(above leaf: CgroupLeaf) throws(CgroupError) -> ino_t {
    let path = root + "/" + leaf.slice
    var status = stat()
    guard stat(path, &status) == 0 else { throw .cannotOpen(path: path, errno: errno) }
    return status.st_ino
  }

  /// Removes an empty leaf, with cgroups that the instance made below it, and the service's slice when that was its
  /// last. Fine when it is gone already.
  /// - Throws: `cannotRemove` with `EBUSY` while there are processes.
  package func remove(_ leaf: CgroupLeaf) throws(CgroupError) {
    try Folders.remove(path(of: leaf))
    // Other leaves of the service keep it: then it is not empty, and stays.
    try Folders.removeIfEmpty(root + "/" + leaf.slice)
  }

  /// Every placement that has a cgroup, in order: what an agent takes over after a restart.
  package func leaves() throws(CgroupError) -> [CgroupLeaf] {
    var leaves: [CgroupLeaf] = []
    for slice in try Folders.list(root) where slice.hasSuffix(CgroupLeaf.sliceSuffix) {
      for name in try Folders.list(root + "/" + slice) {
        if let leaf = CgroupLeaf(slice: slice, name: name) { leaves.append(leaf) }
      }
    }
    return leaves.sorted()
  }

  /// Moves a process, such as a tendon-init that was just started, into `holder`.
  package func hold(pid: Int32) throws(CgroupError) {
    try CgroupError.file { () throws(KernelFileError) in
      try KernelFile.write(String(pid), to: holder + "/cgroup.procs")
    }
  }

  /// Gives the children of `path` those of `controllers` that they lack.
  static func enable(_ controllers: [Controller], in path: String) throws(CgroupError) {
    if controllers.isEmpty { return }
    let file = path + "/cgroup.subtree_control"
    let enabled = try CgroupError.file { () throws(KernelFileError) in try KernelFile.read(file) }
    // A fixture folder without the file: the limits then report one by one that they are not there.
    guard let enabled else { return }
    let missing = controllers.filter { !Controller.list(enabled).contains($0) }
    guard !missing.isEmpty else { return }
    do throws(KernelFileError) {
      try KernelFile.write(missing.map { "+\($0)" }.joined(separator: " "), to: file)
    } catch {
      if case .cannotWrite(_, _, EBUSY) = error {
        let pids = try CgroupProcesses.list(path)
        if !pids.isEmpty { throw .holdsProcesses(path: path, pids: pids) }
      }
      throw .file(error)
    }
  }
}
