// SPDX-License-Identifier: Apache-2.0
import CLinux
import SystemPackage

/// Makes a lab, step by step; every step is written down before or right after it is done, so
/// that `LabRemover` can take back a lab that was only half made.
struct LabBuilder {
  let configuration: LabConfiguration
  let store: LabStore

  static func choose(_ wanted: LabDriver) -> LabDriver {
    guard wanted == .auto else { return wanted }
    return MachineCgroups.missingControllers().isEmpty ? .netns : .uml
  }

  /// Builds everything and starts it; returns when the coordinator answers and all hosts have
  /// booted. What was made before an error is taken back.
  func build() throws(LabError) -> Lab {
    try configuration.validate()
    let driver = configuration.systemd ? .uml : Self.choose(configuration.driver)
    try LabRequirements.check(driver: driver, configuration: configuration)
    try LabFile.makeFolder(configuration.directory, mode: 0o755)
    try store.locked { () throws(LabError) in
      try clearDeadLab()
      try store.write(try makeFolders(driver: driver))
    }
    do throws(LabError) {
      return try start()
    } catch {
      let kept = keepLogs()
      try LabRemover(store: store).remove()
      throw kept.map { error.adding("logs kept in \($0)") } ?? error
    }
  }

  private func start() throws(LabError) -> Lab {
    let network = try createNetwork()
    let control = LabControl(store: store)
    try mountCoordinatorDisk()
    if configuration.runsCoordinator { try control.startCoordinator() }
    try store.update { (state) throws(LabError) in
      for index in state.hosts.indices {
        try HostLauncher(store: store, network: network).boot(&state, index)
      }
    }
    if configuration.runsCoordinator { try control.waitForCoordinator() }
    for host in try store.read().hosts { try control.waitForBoot(host.name) }
    let state = try store.update { (state) throws(LabError) -> LabState in
      state.phase = .up
      if !configuration.endsWithThisProcess { state.owner = nil }
      return state
    }
    return try Lab(store: store, state: state)
  }

  private func mountCoordinatorDisk() throws(LabError) {
    guard let bytes = configuration.coordinatorDiskBytes else { return }
    let folder = store.paths.coordinator
    try LabFile.makeFolder(folder, mode: 0o700)
    let answer = tendon_lab_mount(
      "tendon-lab", folder.string, "tmpfs", "size=\(bytes),mode=700", false, false)
    guard answer == 0 else {
      throw .file(operation: "mount", path: folder, errno: Errno(rawValue: answer))
    }
  }

  private func clearDeadLab() throws(LabError) {
    guard let former = try store.readIfPresent() else { return }
    guard try former.isDead() else {
      throw .alreadyUp(name: store.name, directory: store.directory)
    }
    try LabRemover(store: store).removeLocked(former)
  }

  private func makeFolders(driver: LabDriver) throws(LabError) -> LabState {
    let memory =
      driver == .uml
      ? try LabRequirements.memoryFolder(
        bytes: configuration.hostMemoryBytes * UInt64(configuration.hosts),
        fallback: configuration.directory)
      : configuration.directory
    try LabFile.makeFolder(store.paths.root, mode: 0o755)
    return LabState(
      name: store.name, phase: .starting, owner: try .this(), driver: driver,
      systemd: configuration.systemd, binaries: configuration.binaries.string,
      hostMemoryBytes: configuration.hostMemoryBytes,
      hostDiskBytes: configuration.hostDiskBytes, memoryFolder: memory.string,
      runsAgents: configuration.runsAgents && !configuration.systemd,
      agentArguments: configuration.agentArguments,
      coordinatorArguments: configuration.coordinatorArguments,
      coordinatorDiskBytes: configuration.coordinatorDiskBytes,
      sharedFolders: configuration.sharedFolders.map(\.string),
      bootTimeoutSeconds: configuration.bootTimeout.components.seconds,
      coordinator: configuration.runsCoordinator ? .init() : nil,
      hosts: (1...configuration.hosts).map { .init(name: "host\($0)", number: $0) })
  }

  private func createNetwork() throws(LabError) -> LabNetwork {
    try store.update { (state) throws(LabError) -> LabNetwork in
      let network = try LabNetwork.create(namespace: state.namespace)
      state.subnet = network.subnet
      return network
    }
  }

  /// Moves the logs of a lab that did not come up to where they outlive it.
  private func keepLogs() -> FilePath? {
    let folder = store.directory.appending(store.name + ".failed")
    do throws(LabError) {
      try LabFile.removeTree(folder)
      try LabFile.makeFolder(folder)
      if let bytes = try LabFile.read(store.paths.coordinatorLog) {
        try LabFile.write(folder.appending("coordinator.log"), bytes)
      }
      for host in try store.read().hosts {
        for log in [store.paths.host(host.name).console, store.paths.host(host.name).agentLog] {
          guard let bytes = try LabFile.read(log), let name = log.lastComponent else { continue }
          try LabFile.write(folder.appending("\(host.name)-\(name)"), bytes)
        }
      }
      return folder
    } catch {
      // The error that brought us here is the one to be told.
      return nil
    }
  }
}
