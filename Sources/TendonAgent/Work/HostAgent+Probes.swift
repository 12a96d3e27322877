// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// Making the attempts of probes. What is not waited for any more is not begun.
extension HostAgent {
  func make(_ attempt: ProbeAttempt, of epoch: Epoch) async {
    // Cancelled: the agent ends.
    guard (try? await Task.sleep(for: attempt.delay)) != nil else { return }
    guard core.expects(attempt, of: epoch) else { return }
    await probeSlots.take()
    defer { probeSlots.giveBack() }
    guard core.expects(attempt, of: epoch), let memory = core.memory(of: epoch), !Task.isCancelled
    else { return }
    let outcome = await outcome(of: attempt.probe, memory)
    tell(.probed(attempt.kind, number: attempt.number, outcome), of: epoch)
  }

  private func outcome(of probe: Probe, _ memory: PlacementMemory) async -> ProbeOutcome {
    switch probe.check {
    case .http(let http):
      guard let port = memory.ports[http.port] else { return .noPort(http.port) }
      return await network.http(
        port: port, path: http.path, status: http.status, within: probe.timeout)
    case .tcp(let tcp):
      guard let port = memory.ports[tcp.port] else { return .noPort(tcp.port) }
      return await network.tcp(port: port, within: probe.timeout)
    case .command(let command):
      let end = await runAuxiliary(
        command, role: "probe", of: memory.desired, within: probe.timeout, isHook: false)
      switch end {
      case .ended, .unavailable: return .unknown
      case .exited, .timedOut, .notStarted:
        return end.failure(limit: probe.timeout).map { .failure("its command \($0)") } ?? .success
      }
    case nil:
      return .failure("the probe has no one way to ask")
    }
  }
}

extension ProbeOutcome {
  fileprivate static func noPort(_ name: String) -> ProbeOutcome {
    .failure("the instance has no port named \(name)")
  }
}
