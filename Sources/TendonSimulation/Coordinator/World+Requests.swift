// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonDatagram
import TendonModel

/// What agents say to the coordinator over connections.
extension World {
  mutating func take(_ message: Message, from host: Int) {
    guard coordinator.core != nil else { return }
    switch message {
    case .openSession(let request): openSession(request, of: host)
    case .openStream(let session): openStream(session, of: host)
    case .report(let report):
      let id = hosts[host].id
      // One that is refused is answered so.
      let taken: Void? = try? coordinator.core!.reportReceived(id, report, now: coordinatorNow)
      let wasTaken = taken != nil
      if wasTaken { hosts[host].takenAt = time }
      guard settleCore(), let delay = passage(host, isFrom: false) else { return }
      queue.add(.toAgent(host: host, .reported(report, wasTaken: wasTaken)), at: time + delay)
    }
  }

  private mutating func openSession(_ request: SessionRequest, of host: Int) {
    coordinator.lastSession += 1
    let session = coordinator.lastSession
    let id = hosts[host].id
    do {
      try coordinator.core!.sessionOpened(id, request, sessionID: session, now: coordinatorNow)
    } catch {
      // A refusal is an answer like none: the agent tries again.
      return note("\(id) gets no session: \(error.message)")
    }
    hosts[host].takenAt = time
    guard settleCore() else { return }
    let grant = SessionGrant(
      sessionID: session, nonce: random.nonce(), coordinatorEpoch: coordinator.life, udpPort: 1,
      heartbeatInterval: settings.heartbeatInterval, lease: settings.lease)
    coordinator.peers[session] = SealedPeer(
      host: host, id: id, session: session, agentNonce: request.nonce,
      coordinatorNonce: grant.nonce, receives: .agentToCoordinator)
    guard let delay = passage(host, isFrom: false) else { return }
    queue.add(
      .toAgent(host: host, .session(grant, agentNonce: request.nonce)), at: time + delay)
  }

  private mutating func openStream(_ session: UInt32, of host: Int) {
    let line: AgentStreamLine
    do {
      line = try coordinator.core!.streamOpened(
        hosts[host].id, sessionID: session, now: coordinatorNow)
    } catch {
      // It has lost its session, and opens another.
      if let delay = passage(host, isFrom: false) {
        queue.add(.toAgent(host: host, .refused(session)), at: time + delay)
      }
      return
    }
    hosts[host].takenAt = time
    guard settleCore() else { return }
    sendLine(line, session: session, to: host)
  }

  /// The agent's end of the stream was closed by its kernel.
  mutating func streamCloses(of host: Int) {
    guard hosts[host].isRunning(at: time), let session = hosts[host].session, session.isStreaming,
      isOpen(from: .host(host), to: .coordinator), coordinator.isRunning(at: time)
    else { return }
    hosts[host].signedAt = time
    coordinator.core!.streamClosed(hosts[host].id, sessionID: session.id, now: coordinatorNow)
    settleCore()
  }
}
