// SPDX-License-Identifier: Apache-2.0

extension Lab {
  private var control: LabControl { LabControl(store: store) }

  /// Power loss: SIGKILLs every process of the host at once. What it had not synchronised is gone.
  ///
  /// Returns when all of it has ended, with the instant of the signal, to measure from.
  @discardableResult
  package func kill(_ host: String) async throws(LabError) -> ContinuousClock.Instant {
    try await offPool { [control] () throws(LabError) -> ContinuousClock.Instant in
      try control.kill(host)
    }
  }

  /// Boots a host again with its state folder and disk; returns when it has booted.
  package func start(_ host: String) async throws(LabError) {
    try await offPool { [control] () throws(LabError) in
      try control.boot(host)
      try control.waitForBoot(host)
    }
  }

  /// Stops every process of the host where it stands; its clock goes on.
  package func freeze(_ host: String) async throws(LabError) {
    try await offPool { [control] () throws(LabError) in try control.setFrozen(host, true) }
  }

  package func thaw(_ host: String) async throws(LabError) {
    try await offPool { [control] () throws(LabError) in try control.setFrozen(host, false) }
  }

  /// Drops the host's packets silently: all of them, or as `cut` says. `exec` goes on working.
  package func cut(_ host: String, _ cut: LabCut = LabCut()) async throws(LabError) {
    try await offPool { [control] () throws(LabError) in try control.setCut(host, cut) }
  }

  package func heal(_ host: String) async throws(LabError) {
    try await offPool { [control] () throws(LabError) in try control.setCut(host, nil) }
  }

  /// Drops this percentage of the packets to the host and of those from it; 0 drops none.
  package func loss(_ host: String, percent: Int) async throws(LabError) {
    try await offPool { [control] () throws(LabError) in
      try control.setLoss(host, percent: percent)
    }
  }

  /// Sets the host's wall clock on, or back where `seconds` is below zero. Its other clocks go on as they did.
  package func stepClock(_ host: String, bySeconds seconds: Int) async throws(LabError) {
    try await offPool { [control] () throws(LabError) in
      try control.stepClock(host, bySeconds: seconds)
    }
  }

  /// Ends the host from inside, with its file systems written back, and boots it again.
  package func reboot(_ host: String) async throws(LabError) {
    try await offPool { [control] () throws(LabError) in
      try control.reboot(host)
      try control.waitForBoot(host)
    }
  }

  /// SIGKILLs the host's agent; its init starts another after 200 ms. Returns the pid it had.
  @discardableResult
  package func killAgent(_ host: String) async throws(LabError) -> Int32 {
    try await signalAgent(host, 9)
  }

  /// Sends the host's agent a signal and returns its pid in the host.
  @discardableResult
  package func signalAgent(_ host: String, _ signal: Int32) async throws(LabError) -> Int32 {
    try await askForPID(host, .signalAgent(signal: signal))
  }

  /// The agent's pid in the host.
  package func agentPID(_ host: String) async throws(LabError) -> Int32 {
    try await askForPID(host, .agentPID)
  }

  private func askForPID(
    _ host: String, _ action: MailboxRequest.Action
  ) async throws(LabError) -> Int32 {
    try await offPool { [control] () throws(LabError) -> Int32 in
      let reply = try control.ask(host, action, within: .seconds(30)).reply
      if let error = reply.error { throw .refused("\(host): \(error)") }
      return reply.status
    }
  }

  /// Keeps the host's init from starting the agent again, until `releaseAgent`.
  package func holdAgent(_ host: String) async throws(LabError) {
    try await offPool { [control] () throws(LabError) in
      _ = try control.ask(host, .holdAgent, within: .seconds(30))
    }
  }

  package func releaseAgent(_ host: String) async throws(LabError) {
    try await offPool { [control] () throws(LabError) in
      _ = try control.ask(host, .releaseAgent, within: .seconds(30))
    }
  }
}
