// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonDatagram
import TendonModel

/// An agent's connections to the coordinator: session, stream and reports.
extension World {
  private static var capacity: HostCapacity {
    HostCapacity(cpu: hostCPU, memory: .mebibytes(4096))
  }
  /// What each host has.
  static var hostCPU: MilliCPU { MilliCPU(2000) }
  /// A stream without a line for so long is given up.
  private static var streamPatience: Duration { .seconds(6) }
  /// A request without an answer for so long is made again.
  private static var answerPatience: Duration { .seconds(1) }

  /// Sees to the session, the stream and the reports.
  mutating func look(_ host: Int) {
    queue.add(.agentLook(host: host), at: time + .milliseconds(50))
    guard hosts[host].agent != nil else { return }
    guard hosts[host].session?.isStreaming == true,
      let lastLineAt = hosts[host].session?.lastLineAt,
      time - lastLineAt <= Self.streamPatience
    else { return openSession(host) }
    if sabotage != .lostDeltaForgotten {
      let isBehind = hosts[host].newestRevision > hosts[host].agent!.appliedRevision
      let since = isBehind ? hosts[host].behindSince ?? time : nil
      hosts[host].behindSince = since
      if let since, time - since > .seconds(1) { return openSession(host) }
    }
    report(host)
  }

  private mutating func openSession(_ host: Int) {
    hosts[host].session = nil
    hosts[host].behindSince = nil
    hosts[host].agent!.reports.sessionClosed()
    // Each try waits for an answer before the next, or gives it up.
    if let asked = hosts[host].asked, time - asked.at <= Self.answerPatience { return }
    hosts[host].asked = nil
    guard hosts[host].random.chance(10), let delay = passage(host, isFrom: true) else { return }
    var facts = HostFacts(
      capacity: Self.capacity, labels: [:], address: hosts[host].id.rawValue, kernel: "6.1",
      controllers: ["cpu", "memory"], version: "0")
    if sabotage == .hostsTooLarge { facts.capacity.cpu = MilliCPU(2 * Self.hostCPU.rawValue) }
    let request = SessionRequest(
      facts: facts, incarnation: incarnation(of: host), nonce: hosts[host].random.nonce(),
      probeVersion: 1)
    hosts[host].asked = (time, request.nonce)
    queue.add(
      .toCoordinator(host: host, life: coordinator.life, .openSession(request)), at: time + delay)
  }

  private mutating func report(_ host: Int) {
    if let last = hosts[host].reported, time - last.at > .seconds(2) {
      // Its answer, or itself, was lost.
      hosts[host].agent!.reports.failed(
        session: last.report.sessionID, sequence: last.report.sequence)
      hosts[host].reported = nil
    }
    guard hosts[host].reported == nil, let report = hosts[host].agent!.nextReport() else { return }
    guard let delay = passage(host, isFrom: true) else {
      // The request breaks, and is made again.
      return hosts[host].agent!.reports.failed(
        session: report.sessionID, sequence: report.sequence)
    }
    hosts[host].reported = (time, report)
    queue.add(.toCoordinator(host: host, life: coordinator.life, .report(report)), at: time + delay)
  }

  mutating func take(_ reply: Reply, on host: Int) {
    guard hosts[host].agent != nil else { return }
    switch reply {
    case .session(let grant, let agentNonce):
      guard hosts[host].session == nil, agentNonce == hosts[host].asked?.nonce,
        grant.coordinatorEpoch == coordinator.life
      else { return }
      hosts[host].asked = nil
      begin(grant, agentNonce: agentNonce, on: host)
    case .line(let id, let line):
      guard hosts[host].session?.id == id else { return }
      hosts[host].session!.lastLineAt = time
      take(line, on: host)
    case .refused(let id):
      if hosts[host].session?.id == id { hosts[host].session!.isStreaming = false }
    case .reported(let report, let wasTaken):
      guard hosts[host].session?.id == report.sessionID else { return }
      hosts[host].reported = nil
      if wasTaken {
        hosts[host].agent!.reports.delivered(session: report.sessionID, sequence: report.sequence)
      } else {
        hosts[host].session!.isStreaming = false
      }
    }
  }

  private mutating func begin(_ grant: SessionGrant, agentNonce: String, on host: Int) {
    let peer = SealedPeer(
      host: host, id: hosts[host].id, session: grant.sessionID, agentNonce: agentNonce,
      coordinatorNonce: grant.nonce, receives: .coordinatorToAgent)
    // If the stream breaks while it is opened, nothing comes over it, and the look begins anew.
    hosts[host].session = AgentSession(id: grant.sessionID, peer: peer, lastLineAt: time)
    hosts[host].agent!.reports.sessionOpened(grant.sessionID)
    hosts[host].reported = nil
    hosts[host].newestRevision = Revision(0)
    guard let delay = passage(host, isFrom: true) else { return }
    queue.add(
      .toCoordinator(host: host, life: coordinator.life, .openStream(grant.sessionID)),
      at: time + delay)
  }

  private mutating func take(_ line: AgentStreamLine, on host: Int) {
    let now = hosts[host].now(time)
    switch line {
    case .snapshot(let revision, let placements):
      note("\(hosts[host].id) has a snapshot at \(revision): \(placements.map(\.epoch))")
      let orders = hosts[host].agent!.snapshot(
        revision: revision, placements: placements, now: now)
      obey(orders, on: host)
    case .delta(let revision, let upserts, let removals):
      note("\(hosts[host].id) has a delta at \(revision): \(upserts.map(\.epoch)) -\(removals)")
      let orders = hosts[host].agent!.delta(
        revision: revision, upserts: upserts, removals: removals, now: now)
      obey(orders, on: host)
    case .query, .keepAlive: break
    }
  }
}
