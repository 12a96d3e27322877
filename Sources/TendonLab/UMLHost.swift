// SPDX-License-Identifier: Apache-2.0
import SystemPackage

/// A host that is a kernel of its own: how it is prepared and started.
struct UMLHost {
  let state: LabState
  let host: LabState.Host
  let paths: HostPaths
  let network: LabNetwork

  /// Where the modules of User Mode Linux's kernel lie, by its release.
  static let modules = "/usr/lib/uml/modules"

  /// Makes the disk image once; it outlives the host's crashes. It has project quotas, unless the kernel's modules are
  /// not there: without them it could not be mounted.
  func prepareDisk() throws(LabError) {
    guard !LabFile.exists(paths.disk) else { return }
    let quotas = LabFile.exists(FilePath(Self.modules)) ? ["-O", "project,quota"] : []
    try LabCommand(
      ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,nodiscard", "-m", "0", "-L", "tendon"]
        + quotas + [paths.disk.string, "\(state.hostDiskBytes >> 10)k"]
    ).run()
  }

  /// The kernel's command line. Root is the machine's root, read-only; con1 is the agent's log.
  var arguments: [String] {
    let memory = "\(state.hostMemoryBytes >> 20)M"
    let card =
      "vec0:transport=tap,ifname=\(LabNetwork.link(host: host.number)),depth=128,gro=1,"
      + "mac=\(network.hardwareAddress(host: host.number))"
    let program = FilePath(state.binaries).appending("tendon-lab")
    let pinned = ProcessorChoice.processor(forHost: host.number).map { ["taskset", "-c", "\($0)"] }
    return (pinned ?? []) + [
      "nsenter", "--net=/run/netns/\(state.namespace)", "linux.uml",
      "umid=\(host.name)", "uml_dir=\(paths.umlRuntime)/", "mem=\(memory)",
      "rootfstype=hostfs", "rootflags=/", "ro", "quiet",
      "con=null", "con0=null,fd:1", "con1=null,fd:3", "ubdb=\(paths.disk)", card,
      "init=\(program)", "tendon_box=\(paths.box)", "tendon_program=\(program)", "--", "guest-init",
    ]
  }

  /// Starts the kernel in a session of its own and returns before it has booted.
  func boot() throws(LabError) -> ProcessRecord {
    let nothing = try LabFile.open("/dev/null", .readOnly)
    defer { LabFile.close(nothing) }
    let console = try LabFile.open(paths.console, .writeOnly, options: [.create, .append])
    defer { LabFile.close(console) }
    let agentLog = try LabFile.open(paths.agentLog, .writeOnly, options: [.create, .append])
    defer { LabFile.close(agentLog) }
    var environment = LabSpawn.inherited()
    // UML keeps the guest's memory in an unlinked file there.
    for name in ["TMP", "TEMP", "TMPDIR"] { environment[name] = state.memoryFolder }
    let pid = try LabSpawn.start(
      arguments, environment: environment, descriptors: [nothing, console, console, agentLog],
      session: true)
    return try ProcessRecord(child: pid)
  }
}
