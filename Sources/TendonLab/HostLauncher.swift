// SPDX-License-Identifier: Apache-2.0
import SystemPackage

/// Boots one host of a lab, whatever it is made of.
struct HostLauncher {
  let store: LabStore
  let network: LabNetwork

  /// Starts the host and records its process; returns before it has booted.
  func boot(_ state: inout LabState, _ index: Int) throws(LabError) {
    let host = state.hosts[index]
    if let process = host.process, try !process.members().isEmpty {
      throw .hostAlreadyRunning(host.name)
    }
    let paths = store.paths.host(host.name)
    for folder in [paths.state, paths.box] { try LabFile.makeFolder(folder, mode: 0o755) }
    try Mailbox(host: host.name, paths: paths).reset()
    try passOnJoinToken(to: paths)
    try LabJSON.write(try guestConfiguration(state, host, paths), paths.guestConfiguration)
    state.hosts[index].frozen = false
    // It takes the machine's time when it boots.
    state.hosts[index].clockStep = nil
    switch state.driver {
    case .netns:
      let machine = NamespaceHost(state: state, host: host, paths: paths, network: network)
      try machine.prepare()
      state.hosts[index].process = try machine.boot()
    case .uml, .auto:
      let machine = UMLHost(state: state, host: host, paths: paths, network: network)
      try machine.prepareDisk()
      if !LabFile.exists(paths.umlRuntime) { try network.addTap(host: host.number) }
      try LabFile.makeFolder(paths.umlRuntime)
      state.hosts[index].process = try machine.boot()
    }
    try store.write(state)
  }

  /// The agent waits for this file; it is copied, so that a host sees no more than its own folder.
  func passOnJoinToken(to paths: HostPaths) throws(LabError) {
    guard let token = try LabFile.read(store.paths.joinToken), !token.isEmpty else { return }
    try LabFile.replace(paths.joinToken, with: token)
  }

  private func guestConfiguration(
    _ state: LabState, _ host: LabState.Host, _ paths: HostPaths
  ) throws(LabError) -> GuestConfiguration {
    var shares = [
      GuestConfiguration.Share(source: paths.state.string, target: GuestPaths.state.string),
      GuestConfiguration.Share(source: paths.box.string, target: GuestPaths.box.string),
    ]
    if state.driver == .netns {
      shares.append(.init(source: paths.diskFolder.string, target: GuestPaths.disk.string))
    }
    return GuestConfiguration(
      hostName: host.name, driver: state.driver, systemd: state.systemd,
      interface: state.driver == .netns ? "eth0" : "vec0",
      address: network.address(host: host.number) + "/24", shares: shares,
      visible: ([state.binaries] + state.sharedFolders).map { folder in
        let real = LabFile.linkTarget(FilePath(folder))
        return .init(source: real?.string ?? folder, target: folder)
      },
      cgroup: state.driver == .netns ? try NamespaceHost.cgroup(state, host).string : nil,
      diskDevice: state.driver == .netns ? nil : "/dev/ubdb",
      agent: state.runsAgents ? agentCommand(state, host) : nil,
      joinToken: GuestPaths.box.appending("join-token").string)
  }

  private func agentCommand(_ state: LabState, _ host: LabState.Host) -> [String] {
    // Instances find the example's program beside the agent, and standard ones where they always are.
    [
      "env", "PATH=\(state.binaries):\(GuestSetup.path)",
      // A backtrace of a large program takes a small host minutes; an agent that traps must be back at once.
      "SWIFT_BACKTRACE=enable=no",
      FilePath(state.binaries).appending("tendon-agent").string,
      "--coordinator", "http://\(network.coordinatorAddress):\(Lab.apiPort)",
      "--join-token-file", GuestPaths.box.appending("join-token").string,
      "--host-name", host.name,
      "--state-dir", GuestPaths.state.string,
      "--run-dir", "/run/tendon",
      "--log-dir", GuestPaths.logs.string,
      // On the host's own disk, so that io limits have a device.
      "--work-dir", GuestPaths.disk.appending("work").string,
      "--advertise", network.address(host: host.number),
    ] + state.agentArguments
  }
}
