// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage

extension LabControl {
  /// Starts the coordinator inside the namespace; returns before it answers.
  func startCoordinator() throws(LabError) {
    try store.update { (state) throws(LabError) in
      if let process = state.coordinator?.process, try process.leaderIsAlive() {
        throw .refused("the coordinator is running already")
      }
      let network = try network(state)
      try LabFile.makeFolder(store.paths.coordinator, mode: 0o700)
      let nothing = try LabFile.open("/dev/null", .readOnly)
      defer { LabFile.close(nothing) }
      let log = try LabFile.open(
        store.paths.coordinatorLog, .writeOnly, options: [.create, .append])
      defer { LabFile.close(log) }
      let pid = try LabSpawn.start(
        coordinatorCommand(state, network), descriptors: [nothing, log, log], session: true)
      state.coordinator = .init(process: try ProcessRecord(child: pid))
    }
  }

  private func coordinatorCommand(_ state: LabState, _ network: LabNetwork) -> [String] {
    [
      "nsenter", "--net=/run/netns/\(state.namespace)",
      FilePath(state.binaries).appending("tendon-coordinator").string,
      "--data-dir", store.paths.coordinator.string,
      "--listen", "\(network.coordinatorAddress):\(Lab.apiPort)",
      "--udp-listen", "\(network.coordinatorAddress):\(Lab.healthPort)",
    ] + state.coordinatorArguments
  }

  /// Waits until its port answers, then gives every host the join token.
  func waitForCoordinator() throws(LabError) {
    let state = try store.read()
    let network = try network(state)
    let limit: Duration = .seconds(30)
    let deadline = ContinuousClock.now + limit
    guard let process = state.coordinator?.process else { return }
    while tendon_lab_probe_tcp(network.coordinatorAddress, Int32(Lab.apiPort), 200) != 0 {
      guard try process.leaderIsAlive() else {
        throw .endedEarly(what: "the coordinator", hint: coordinatorTail())
      }
      guard ContinuousClock.now < deadline else {
        throw .timedOut(
          waitingFor: "the coordinator to answer", after: limit, hint: coordinatorTail())
      }
      usleep(10_000)
    }
    let launcher = HostLauncher(store: store, network: network)
    for host in state.hosts { try launcher.passOnJoinToken(to: store.paths.host(host.name)) }
  }

  private func coordinatorTail() -> String {
    // Only to help; the error at hand says what went wrong.
    let text = (try? LabFile.text(store.paths.coordinatorLog)) ?? ""
    let lines = text.split(separator: "\n").suffix(15).map { "  " + $0 }
    return "the end of its log:\n" + lines.joined(separator: "\n")
  }

  func killCoordinator() throws(LabError) {
    try store.update { (state) throws(LabError) in
      guard let process = state.coordinator?.process else {
        throw .refused("the coordinator is not running")
      }
      try process.killAll()
      state.coordinator = .init()
    }
  }

  func setCoordinatorFrozen(_ frozen: Bool) throws(LabError) {
    try store.update { (state) throws(LabError) in
      guard let process = state.coordinator?.process, try process.leaderIsAlive() else {
        throw .refused("the coordinator is not running")
      }
      try process.signalAll(frozen ? SIGSTOP : SIGCONT)
      state.coordinator?.frozen = frozen
    }
  }
}
