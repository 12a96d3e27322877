// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage

/// What a host mounts, in order.
enum GuestMounts {
  /// Mounts everything and returns what the box says about this host.
  static func mountAll(box: FilePath) throws(LabError) -> GuestConfiguration {
    // Read before anything is mounted over it, as it says how to mount.
    let path = box.appending("guest.json")
    guard let configuration = try LabJSON.read(GuestConfiguration.self, path) else {
      throw .file(operation: "read", path: path, errno: .noSuchFileOrDirectory)
    }
    // Keeps its folders reachable for bind mounts while a tmpfs hides them.
    let isUML = configuration.driver == .uml
    if let cgroup = configuration.cgroup { try enterNamespaces(cgroup: FilePath(cgroup)) }
    let sources = isUML ? [:] : try holdSources(configuration)
    defer { sources.values.forEach(LabFile.close) }
    try mountKernelFileSystems(isUML: isUML)
    for share in configuration.shares {
      try mountShare(share, held: sources[share.source], isUML: isUML)
    }
    for share in configuration.visible where !LabFile.exists(FilePath(share.target)) {
      try mountShare(share, held: sources[share.source], isUML: isUML)
    }
    if let device = configuration.diskDevice {
      try mountDisk(device)
    }
    if !isUML {
      try fakeBootID()
      try check(tendon_lab_root_read_only(), "make read-only", "/")
    }
    return configuration
  }

  /// The host's disk, with project quotas where its kernel has them (as modules) and the image was made for them.
  private static func mountDisk(_ device: String) throws(LabError) {
    KernelModule.loadForDisks()
    do throws(LabError) {
      try mount(device, at: GuestPaths.disk, type: "ext4", data: "prjquota")
    } catch {
      GuestLog.say("the disk has no project quotas: \(error)")
      try mount(device, at: GuestPaths.disk, type: "ext4")
    }
  }

  /// Makes this process's cgroup the root of the tree it sees, and its mounts its own.
  private static func enterNamespaces(cgroup: FilePath) throws(LabError) {
    try LabFile.writeAttribute(cgroup.appending("cgroup.procs"), "0")
    try check(tendon_lab_new_cgroup_namespace(), "enter a cgroup namespace at", cgroup)
    try check(tendon_lab_mounts_private(), "make private", "/")
  }

  /// A namespace host shares the machine's kernel; what tells one boot from the next is made up.
  private static func fakeBootID() throws(LabError) {
    let file: FilePath = "/run/lab/boot_id"
    let digits = (0..<32).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
    var rest = Substring(digits)
    let words = [8, 4, 4, 4, 12].map { length in
      defer { rest = rest.dropFirst(length) }
      return String(rest.prefix(length))
    }
    try LabFile.write(file, [UInt8]((words.joined(separator: "-") + "\n").utf8))
    try mount(
      file.string, at: "/proc/sys/kernel/random/boot_id", type: nil, bind: true)
  }

  private static func check(
    _ error: Int32, _ operation: String, _ path: FilePath
  ) throws(LabError) {
    guard error == 0 else {
      throw .file(operation: operation, path: path, errno: Errno(rawValue: error))
    }
  }

  private static func mountKernelFileSystems(isUML: Bool) throws(LabError) {
    try mount("proc", at: "/proc", type: "proc")
    try mount("sysfs", at: "/sys", type: "sysfs")
    if isUML {
      if !LabFile.exists("/dev/null") { try mount("devtmpfs", at: "/dev", type: "devtmpfs") }
      try mount("devpts", at: "/dev/pts", type: "devpts")
      try mount("tmpfs", at: "/dev/shm", type: "tmpfs")
    }
    try mount("tmpfs", at: "/run", type: "tmpfs", data: "mode=755")
    try mount("tmpfs", at: "/tmp", type: "tmpfs", data: "mode=1777")
    try mount("cgroup2", at: "/sys/fs/cgroup", type: "cgroup2")
  }

  /// A folder of the machine: User Mode Linux reaches it by its path on the machine (hostfs), a
  /// namespace through the descriptor that was opened before anything hid it.
  private static func mountShare(
    _ share: GuestConfiguration.Share, held: FileDescriptor?, isUML: Bool
  ) throws(LabError) {
    let target = FilePath(share.target)
    if isUML {
      try mount("none", at: target, type: "hostfs", data: share.source)
    } else if let held {
      try mount("/proc/self/fd/\(held.rawValue)", at: target, type: nil, bind: true)
    }
  }

  private static func holdSources(
    _ configuration: GuestConfiguration
  ) throws(LabError) -> [String: FileDescriptor] {
    var held: [String: FileDescriptor] = [:]
    for source in (configuration.shares + configuration.visible).map(\.source) {
      held[source] = try LabFile.open(FilePath(source), .readOnly, options: .directory)
    }
    return held
  }

  private static func mount(
    _ source: String, at target: FilePath, type: String?, data: String? = nil, bind: Bool = false
  ) throws(LabError) {
    if !LabFile.exists(target) { try LabFile.makeFolder(target) }
    try check(
      tendon_lab_mount(source, target.string, type, data, false, bind),
      "mount \(type ?? source) at", target)
  }
}
