// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage

/// What can be done to a lab that is up; blocking, called through `Lab`'s async functions.
struct LabControl: Sendable {
  let store: LabStore

  func network(_ state: LabState) throws(LabError) -> LabNetwork {
    guard let subnet = state.subnet else {
      throw .malformed(path: store.paths.state, reason: "it has no subnet")
    }
    return LabNetwork(namespace: state.namespace, subnet: subnet)
  }

  func boot(_ host: String) throws(LabError) {
    try store.update { (state) throws(LabError) in
      let launcher = HostLauncher(store: store, network: try network(state))
      try launcher.boot(&state, try state.index(of: host))
    }
  }

  /// Waits until the host's init says that it is there.
  func waitForBoot(_ host: String) throws(LabError) {
    let state = try store.read()
    let limit = Duration.seconds(state.bootTimeoutSeconds)
    let paths = store.paths.host(host)
    guard let process = state.hosts[try state.index(of: host)].process else {
      throw .hostNotRunning(host)
    }
    let deadline = ContinuousClock.now + limit
    while !LabFile.exists(paths.ready) {
      guard try process.leaderIsAlive() else {
        throw .endedEarly(what: host, hint: tail(paths))
      }
      guard ContinuousClock.now < deadline else {
        throw .timedOut(waitingFor: "\(host) to boot", after: limit, hint: tail(paths))
      }
      usleep(5_000)
    }
  }

  private func tail(_ paths: HostPaths) -> String {
    // Only to help; the error at hand says what went wrong.
    let text = (try? LabFile.text(paths.console)) ?? ""
    let lines = text.split(separator: "\n").suffix(15).map { "  " + $0 }
    return "the end of its console:\n" + lines.joined(separator: "\n")
  }

  /// SIGKILLs every process of the host at once.
  func kill(_ host: String) throws(LabError) -> ContinuousClock.Instant {
    try store.update { (state) throws(LabError) -> ContinuousClock.Instant in
      let index = try state.index(of: host)
      guard let process = state.hosts[index].process else { throw .hostNotRunning(host) }
      if state.driver == .netns {
        try NamespaceHost(
          state: state, host: state.hosts[index], paths: store.paths.host(host),
          network: network(state)
        ).kill()
      }
      let instant = try process.killAll()
      state.hosts[index].process = nil
      state.hosts[index].frozen = false
      return instant
    }
  }

  func setFrozen(_ host: String, _ frozen: Bool) throws(LabError) {
    try store.update { (state) throws(LabError) in
      let index = try state.index(of: host)
      guard let process = state.hosts[index].process, try process.leaderIsAlive() else {
        throw .hostNotRunning(host)
      }
      if state.driver == .netns {
        try NamespaceHost.setFrozen(state, state.hosts[index], frozen)
      } else {
        try process.signalAll(frozen ? SIGSTOP : SIGCONT)
      }
      state.hosts[index].frozen = frozen
    }
  }

  func setCut(_ host: String, _ cut: LabCut?) throws(LabError) {
    try store.update { (state) throws(LabError) in
      let index = try state.index(of: host)
      state.hosts[index].cut = cut
      try network(state).setFaults(state.hosts, rules: store.paths.firewallRules)
    }
  }

  func setLoss(_ host: String, percent: Int) throws(LabError) {
    guard (0...100).contains(percent) else {
      throw .badValue(what: "loss", value: "\(percent)", wanted: "0 to 100 percent")
    }
    try store.update { (state) throws(LabError) in
      state.hosts[try state.index(of: host)].loss = percent
      try network(state).setFaults(state.hosts, rules: store.paths.firewallRules)
    }
  }

  func stepClock(_ host: String, bySeconds seconds: Int) throws(LabError) {
    guard try store.read().driver != .netns else {
      throw .refused(
        "hosts of the netns driver have the machine's clock, which the lab leaves alone: use --driver uml"
      )
    }
    let reply = try ask(host, .stepClock(seconds: seconds), within: .seconds(30)).reply
    if let error = reply.error { throw .refused("\(host): \(error)") }
    try store.update { (state) throws(LabError) in
      let index = try state.index(of: host)
      state.hosts[index].clockStep = (state.hosts[index].clockStep ?? 0) + seconds
    }
  }

  /// Ends the host's kernel from inside, then boots it again.
  func reboot(_ host: String) throws(LabError) {
    let process = try running(host)
    _ = try ask(host, .halt, within: .seconds(30))
    try process.killAll(afterGrace: .seconds(5))
    try boot(host)
  }

  /// The host's process, if it runs.
  func running(_ host: String) throws(LabError) -> ProcessRecord {
    let state = try store.read()
    guard let process = state.hosts[try state.index(of: host)].process,
      try process.leaderIsAlive()
    else { throw .hostNotRunning(host) }
    return process
  }

  func ask(
    _ host: String, _ action: MailboxRequest.Action, within limit: Duration
  ) throws(LabError) -> (id: String, reply: MailboxReply) {
    let process = try running(host)
    let mailbox = Mailbox(host: host, paths: store.paths.host(host))
    return try mailbox.ask(action, within: limit) { () throws(LabError) -> Bool in
      try process.leaderIsAlive()
    }
  }

  func exec(
    _ host: String, _ action: MailboxRequest.Action, within limit: Duration
  ) throws(LabError) -> ExecResult {
    let (id, reply) = try ask(host, action, within: limit)
    let mailbox = Mailbox(host: host, paths: store.paths.host(host))
    let result = ExecResult(
      status: reply.status, stdout: try mailbox.takeOutput(id, "out"),
      stderr: try mailbox.takeOutput(id, "err"))
    if let error = reply.error { throw .refused("\(host): \(error)") }
    return result
  }
}
