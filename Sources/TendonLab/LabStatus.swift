// SPDX-License-Identifier: Apache-2.0
import SystemPackage

/// What `tendon-lab status -o json` prints. Keys are stable; new ones may be added.
package struct LabStatus: Codable, Sendable {
  package enum ProcessState: String, Codable, Sendable {
    /// `off`: not started, killed, or crashed.
    case running, frozen, off
  }

  package struct Coordinator: Codable, Sendable {
    package var state: ProcessState
    /// On the machine.
    package var pid: Int32?
    /// `http://10.213.X.1:7480`
    package var server: String
    package var apiTokenFile: String
    package var joinTokenFile: String
    package var dataFolder: String
    package var log: String
  }

  package struct Host: Codable, Sendable {
    package var name: String
    package var address: String
    package var state: ProcessState
    /// Whether it is cut off the network.
    package var cut: Bool
    /// Percent of packets dropped in each direction.
    package var lossPercent: Int
    /// By how many seconds its wall clock is ahead of the machine's, as far as the lab has set it; below zero: behind.
    package var clockStepSeconds: Int
    /// The leader of the host's processes on the machine.
    package var pid: Int32?
    /// nil until it has booted.
    package var bootID: String?
    /// cgroup v2 controllers of its root.
    package var controllers: [String]
    /// From the start of its kernel until its network was up.
    package var bootSeconds: Double?
    /// On the machine; the host sees it at `guestStateFolder`.
    package var stateFolder: String
    package var guestStateFolder: String
    /// In the host: ext4 on a block device of its own (a plain folder for the netns driver).
    package var guestDiskFolder: String
    /// In the host, for io limits; nil for the netns driver.
    package var guestDiskDevice: String?
    package var console: String
    package var agentLog: String
  }

  package var name: String
  /// `starting`, `up` or `ending`.
  package var phase: String
  package var driver: LabDriver
  package var folder: String
  package var namespace: String
  /// `10.213.X.0/24`
  package var subnet: String?
  package var coordinator: Coordinator?
  package var hosts: [Host]

  /// As indented JSON.
  package func json() throws(LabError) -> String {
    String(decoding: try LabJSON.encode(self, path: FilePath(folder)), as: UTF8.self)
  }
}

extension Lab {
  package func status() async throws(LabError) -> LabStatus {
    try await offPool { [store] () throws(LabError) -> LabStatus in
      try LabStatusReader(store: store, state: store.read()).read()
    }
  }
}

/// Puts together what is recorded and what is seen.
struct LabStatusReader {
  let store: LabStore
  let state: LabState

  func read() throws(LabError) -> LabStatus {
    var hosts: [LabStatus.Host] = []
    for host in state.hosts { hosts.append(try read(host)) }
    return LabStatus(
      name: state.name, phase: state.phase.rawValue, driver: state.driver,
      folder: store.paths.root.string, namespace: state.namespace,
      subnet: state.subnet.map { "10.213.\($0).0/24" }, coordinator: try coordinator(),
      hosts: hosts)
  }

  private func coordinator() throws(LabError) -> LabStatus.Coordinator? {
    guard let coordinator = state.coordinator, let subnet = state.subnet else { return nil }
    let network = LabNetwork(namespace: state.namespace, subnet: subnet)
    let seen = try processState(coordinator.process, frozen: coordinator.frozen)
    return LabStatus.Coordinator(
      state: seen, pid: seen == .off ? nil : coordinator.process?.pid,
      server: "http://\(network.coordinatorAddress):\(Lab.apiPort)",
      apiTokenFile: store.paths.apiToken.string, joinTokenFile: store.paths.joinToken.string,
      dataFolder: store.paths.coordinator.string, log: store.paths.coordinatorLog.string)
  }

  private func read(_ host: LabState.Host) throws(LabError) -> LabStatus.Host {
    let paths = store.paths.host(host.name)
    let seen = try processState(host.process, frozen: host.frozen)
    let ready = seen == .off ? nil : try LabJSON.read(GuestReady.self, paths.ready)
    let network = LabNetwork(namespace: state.namespace, subnet: state.subnet ?? 0)
    return LabStatus.Host(
      name: host.name, address: network.address(host: host.number), state: seen,
      cut: host.cut != nil,
      lossPercent: host.loss, clockStepSeconds: host.clockStep ?? 0,
      pid: seen == .off ? nil : host.process?.pid, bootID: ready?.bootID,
      controllers: ready?.controllers ?? [], bootSeconds: ready?.uptimeSeconds,
      stateFolder: paths.state.string, guestStateFolder: GuestPaths.state.string,
      guestDiskFolder: GuestPaths.disk.string,
      guestDiskDevice: state.driver == .netns ? nil : "/dev/ubdb",
      console: paths.console.string, agentLog: paths.agentLog.string)
  }

  private func processState(
    _ process: ProcessRecord?, frozen: Bool
  ) throws(LabError) -> LabStatus.ProcessState {
    guard let process, try process.leaderIsAlive() else { return .off }
    return frozen ? .frozen : .running
  }
}
