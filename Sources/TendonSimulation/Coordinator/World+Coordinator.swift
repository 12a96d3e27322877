// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// The coordinator's shell.
extension World {
  var coordinatorNow: Now {
    Now(monotonic: time, wall: .simulated(at: time + coordinator.wallOffset))
  }

  mutating func startCoordinator() {
    coordinator.life += 1
    note("coordinator starts, life \(coordinator.life), revision \(coordinator.stored.revision)")
    var state = coordinator.stored.state
    if sabotage == .epochsReused { state.nextEpoch = Epoch(1) }
    var settings = settings
    if sabotage == .noWaitForLease {
      // Hosts are granted the true one all the same.
      settings.lease = Span(milliseconds: 1)
      settings.fenceMargin = .zero
    }
    if sabotage == .brakeOffByOne { settings.detection.massQuiet += 1 }
    if sabotage == .hastyVerdict {
      settings.detection.suspectAfter = .milliseconds(300)
      settings.detection.confirmAfter = .milliseconds(1)
      settings.detection.falseDownChance = 1
    }
    coordinator.wakesAt(time)
    coordinator.core = CoordinatorCore(
      stored: state, settings: settings, coordinatorEpoch: coordinator.life, now: coordinatorNow)
  }

  mutating func stopCoordinator() {
    guard coordinator.core != nil else { return }
    note("coordinator dies")
    coordinator.core = nil
    coordinator.frozenUntil = nil
    coordinator.peers = [:]
    // Its kernel closes the connections, which agents hear unless they are cut off.
    for host in hosts.indices where isOpen(from: .coordinator, to: .host(host)) {
      hosts[host].session?.isStreaming = false
    }
  }

  mutating func tick() {
    guard coordinator.isRunning(at: time) else { return }
    coordinator.core!.tick(now: coordinatorNow)
    let probes = coordinator.core!.takeProbes()
    guard settleCore(), coordinator.core != nil else { return }
    for order in probes { send(order) }
    checkDeadHosts()
  }

  /// Commits what the core decided, and only then sends it.
  /// - Returns: whether the coordinator lives on to answer whoever asked.
  @discardableResult
  mutating func settleCore() -> Bool {
    let brakeWasOn = coordinator.core!.isBraking
    let step = coordinator.core!.drain()
    check(step, brakeWasOn: brakeWasOn)
    guard let commit = step.commit else {
      publish(step)
      return true
    }
    let point = coordinator.diesAt
    coordinator.diesAt = nil
    if sabotage == .commitAfterAnswer {
      publish(step)
      if point != nil {
        stopCoordinator()
        return true
      }
    }
    if point == .beforeCommit { return die() }
    if let fault = coordinator.stored.commit(written(commit)) { violate(.durability, fault) }
    if point == .afterCommit { return die() }
    if sabotage != .commitAfterAnswer { publish(step) }
    return point == .beforeAnswer ? die() : true
  }

  /// What of a commit reaches the store: all of it, but for a bug.
  private func written(_ commit: StoreCommit) -> StoreCommit {
    guard sabotage == .reservationLost else { return commit }
    var commit = commit
    commit.changes.removeAll {
      if case .putReservation = $0 { true } else { false }
    }
    return commit
  }

  private mutating func die() -> Bool {
    stopCoordinator()
    return false
  }

  private mutating func publish(_ step: CoordinatorStep) {
    for event in step.events {
      note(
        "event \(event.reason) \(event.instance.map { "\($0) " } ?? "")\(event.host.map { "\($0) " } ?? "")"
          + event.message)
    }
    for session in step.endedSessions { coordinator.peers[session] = nil }
    for (id, line) in step.deltas {
      guard let host = hosts.firstIndex(where: { $0.id == id }),
        let session = coordinator.core?.openSession(of: id)
      else { continue }
      sendLine(line, session: session, to: host)
    }
  }

  mutating func sendLine(_ line: AgentStreamLine, session: UInt32, to host: Int) {
    guard hosts[host].brokenSession != session else { return }
    guard let delay = passage(host, isFrom: false) else {
      if sabotage != .lostDeltaForgotten { hosts[host].brokenSession = session }
      return
    }
    let arrival = max(time + delay, hosts[host].lineArrival)
    hosts[host].lineArrival = arrival
    queue.add(.toAgent(host: host, .line(session, line)), at: arrival)
  }
}

extension Timestamp {
  /// The true wall clock.
  static func simulated(at time: MonotonicTime) -> Timestamp {
    Timestamp(millisecondsSinceEpoch: 1_700_000_000_000 + time.nanoseconds / 1_000_000)
  }
}
