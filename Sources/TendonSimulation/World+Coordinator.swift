// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// The coordinator's shell.
extension World {
  var coordinatorNow: Now {
    Now(
      monotonic: time,
      wall: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000 + time.nanoseconds / 1_000_000))
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
    coordinator.core = CoordinatorCore(
      stored: state, settings: settings, coordinatorEpoch: coordinator.life, now: coordinatorNow)
  }

  mutating func stopCoordinator() {
    guard coordinator.core != nil else { return }
    note("coordinator dies")
    coordinator.core = nil
    // Its kernel closes the connections, which agents hear unless they are cut off.
    for host in hosts.indices where !hosts[host].isCutTo {
      hosts[host].session?.isStreaming = false
    }
  }

  mutating func tick() {
    guard coordinator.isRunning(at: time) else { return }
    coordinator.core!.tick(now: coordinatorNow)
    settleCore()
  }

  /// Commits what the core decided, and only then sends it.
  /// - Returns: whether the coordinator lives on.
  @discardableResult
  mutating func settleCore() -> Bool {
    let brakeWasOn = coordinator.core!.isBraking
    let step = coordinator.core!.drain()
    check(step, brakeWasOn: brakeWasOn)
    if sabotage == .commitAfterAnswer { publish(step) }
    if let commit = step.commit {
      if sabotage == .commitAfterAnswer, coordinator.diesAfterCommit {
        coordinator.diesAfterCommit = false
        stopCoordinator()
        return true
      }
      if let fault = coordinator.stored.commit(commit) { violate("store: \(fault)") }
      if coordinator.diesAfterCommit {
        coordinator.diesAfterCommit = false
        stopCoordinator()
        return false
      }
    }
    if sabotage != .commitAfterAnswer { publish(step) }
    return true
  }

  private mutating func publish(_ step: CoordinatorStep) {
    for event in step.events {
      note("event \(event.reason) \(event.host?.rawValue ?? "") \(event.message)")
    }
    for (id, line) in step.deltas {
      guard let host = hosts.firstIndex(where: { $0.id == id }),
        let session = coordinator.core?.openSession(of: id)
      else { continue }
      sendLine(line, session: session, to: host)
    }
  }

  private mutating func sendLine(_ line: AgentStreamLine, session: UInt32, to host: Int) {
    guard hosts[host].brokenSession != session else { return }
    guard let delay = passage(host, isFrom: false) else {
      if sabotage != .lostDeltaForgotten { hosts[host].brokenSession = session }
      return
    }
    let arrival = max(time + delay, hosts[host].lineArrival)
    hosts[host].lineArrival = arrival
    queue.add(.toAgent(host: host, .line(session, line)), at: arrival)
  }

  mutating func take(_ message: Message, from host: Int) {
    guard coordinator.core != nil else { return }
    let id = hosts[host].id
    switch message {
    case .openSession(let request):
      coordinator.lastSession += 1
      let session = coordinator.lastSession
      guard
        // A refusal is an answer like none: the agent tries again.
        (try? coordinator.core!.sessionOpened(id, request, sessionID: session, now: coordinatorNow))
          != nil
      else { return }
      guard settleCore(), let delay = passage(host, isFrom: false) else { return }
      queue.add(.toAgent(host: host, .session(session, life: coordinator.life)), at: time + delay)
    case .openStream(let session):
      guard
        // As above: it has lost its session, and opens another.
        let line = try? coordinator.core!.streamOpened(id, sessionID: session, now: coordinatorNow)
      else { return }
      guard settleCore() else { return }
      sendLine(line, session: session, to: host)
    case .report(let report):
      // One that is refused is answered so.
      let wasTaken = (try? coordinator.core!.reportReceived(id, report, now: coordinatorNow)) != nil
      guard settleCore(), let delay = passage(host, isFrom: false) else { return }
      queue.add(.toAgent(host: host, .reported(report, wasTaken: wasTaken)), at: time + delay)
    case .heartbeat(let session, let heartbeat):
      guard coordinator.core!.hasSession(session, of: id) else { return }
      coordinator.core!.heartbeatReceived(id, sessionID: session, heartbeat, now: coordinatorNow)
      let ack = HeartbeatAck(
        sequence: heartbeat.sequence, echoedSentAt: heartbeat.sentAt,
        coordinatorEpoch: coordinator.life,
        newestRevision: coordinator.core!.desiredRevision(of: id),
        lease: settings.lease)
      guard settleCore() else { return }
      for delay in flights(host, isFrom: false) {
        queue.add(.toAgent(host: host, .acknowledgement(session, ack)), at: time + delay)
      }
      if heartbeat.sequence.isMultiple(of: 8), hosts[host].brokenSession != session,
        let delay = passage(host, isFrom: false)
      {
        queue.add(.toAgent(host: host, .keepAlive(session)), at: time + delay)
      }
    }
  }
}
