// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage

/// A host made of namespaces and a delegated cgroup on the machine's own kernel.
///
/// Its init is process 1 of a PID namespace with mounts, a network and a cgroup tree of its own;
/// from there on it is like a User Mode Linux host, but for the kernel, the clock and the disk.
struct NamespaceHost {
  let state: LabState
  let host: LabState.Host
  let paths: HostPaths
  let network: LabNetwork

  /// The host's network namespace.
  static func namespace(_ state: LabState, _ host: LabState.Host) -> String {
    "\(state.namespace)-\(host.name)"
  }

  /// Makes what outlives the host's processes: its link and its disk folder.
  func prepare() throws(LabError) {
    try LabFile.makeFolder(paths.diskFolder)
    let namespace = Self.namespace(state, host)
    if LabNetwork.namespaceExists(namespace) { return }
    try LabCommand("ip", "netns", "add", namespace).run()
    try network.addPair(host: host.number, namespace: namespace)
  }

  /// Starts the host's init in a session of its own and returns before it is ready.
  func boot() throws(LabError) -> ProcessRecord {
    let cgroup = NamespaceCgroup(try Self.cgroup(state, host))
    try cgroup.make()
    try network.setLink(host: host.number, up: true)
    let nothing = try LabFile.open("/dev/null", .readOnly)
    defer { LabFile.close(nothing) }
    let console = try LabFile.open(paths.console, .writeOnly, options: [.create, .append])
    defer { LabFile.close(console) }
    let agentLog = try LabFile.open(paths.agentLog, .writeOnly, options: [.create, .append])
    defer { LabFile.close(agentLog) }
    let pid = try LabSpawn.start(
      arguments(cgroup), descriptors: [nothing, console, console, agentLog], session: true)
    return try ProcessRecord(child: pid)
  }

  /// The shell puts itself into the host's cgroup before anything of the host exists, so that
  /// nothing of it can be outside when the cgroup is killed or frozen.
  private func arguments(_ cgroup: NamespaceCgroup) -> [String] {
    [
      "sh", "-c", "echo 0 > \"$1\" && shift && exec \"$@\"", "sh",
      cgroup.launcher.appending("cgroup.procs").string,
      "nsenter", "--net=/run/netns/\(Self.namespace(state, host))",
      "unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child=SIGKILL", "--",
      FilePath(state.binaries).appending("tendon-lab").string,
      "guest-init", "--box", paths.box.string,
    ]
  }

  /// Power loss: first the cable, so that no goodbye of a dying connection gets out.
  func kill() throws(LabError) {
    try network.setLink(host: host.number, up: false)
    try NamespaceCgroup(Self.cgroup(state, host)).kill()
  }

  static func setFrozen(
    _ state: LabState, _ host: LabState.Host, _ frozen: Bool
  ) throws(LabError) {
    try NamespaceCgroup(cgroup(state, host)).setFrozen(frozen)
  }

  /// Removes the cgroups and network namespaces of all hosts; what is gone already is fine.
  static func removeAll(_ state: LabState) throws(LabError) {
    for host in state.hosts {
      let cgroup = NamespaceCgroup(try cgroup(state, host))
      try cgroup.kill()
      try cgroup.remove()
      let namespace = namespace(state, host)
      if LabNetwork.namespaceExists(namespace) {
        try LabCommand("ip", "netns", "del", namespace).run()
      }
    }
    try NamespaceCgroup(labCgroup(state)).remove()
  }

  private static func labCgroup(_ state: LabState) throws(LabError) -> FilePath {
    guard let mount = try MachineCgroups.mountPoint() else {
      throw .missing(MachineCgroups.missingControllers())
    }
    return mount.appending("tendon-lab-\(state.name)")
  }

  /// On the machine; the host's init sees it as the root of its own tree.
  static func cgroup(
    _ state: LabState, _ host: LabState.Host
  ) throws(LabError) -> FilePath {
    try labCgroup(state).appending(host.name)
  }
}
