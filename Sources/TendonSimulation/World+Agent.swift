// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// The agent's shell, and the host under it.
extension World {
  private static var bootTime: ClosedRange<Int64> { 300...1000 }

  mutating func startAgent(_ host: Int) {
    hosts[host].life += 1
    hosts[host].queues = [:]
    hosts[host].session = nil
    hosts[host].isReporting = false
    hosts[host].newestRevision = Revision(0)
    note("agent of \(hosts[host].id) starts")
    hosts[host].agent = AgentCore(
      host: hosts[host].id, generator: SimulationRandom(seed: random.next()))
    for (epoch, record) in hosts[host].records.sorted(by: { $0.key < $1.key }) {
      hosts[host].agent!.restore(record.memory)
      if record.boot != hosts[host].boot {
        tell(.hostRebooted, of: epoch, on: host)
      } else if let process = hosts[host].processes[epoch] {
        tell(
          .adopted(process.key, runningSince: hosts[host].clock(time)), of: epoch, on: host)
      } else if let exit = hosts[host].exits[epoch] {
        tell(.exited(exit.key, exit.report), of: epoch, on: host)
      } else {
        tell(.nothingFound, of: epoch, on: host)
      }
    }
  }

  mutating func stopAgent(_ host: Int) {
    guard hosts[host].agent != nil else { return }
    note("agent of \(hosts[host].id) dies")
    hosts[host].agent = nil
    hosts[host].life += 1
    if let session = hosts[host].session, session.isStreaming, !hosts[host].isCutFrom,
      coordinator.isRunning(at: time)
    {
      coordinator.core!.streamClosed(hosts[host].id, sessionID: session.id, now: coordinatorNow)
      settleCore()
    }
    hosts[host].session = nil
  }

  mutating func losePower(_ host: Int) {
    guard hosts[host].isUp else { return }
    hosts[host].isUp = false
    hosts[host].agent = nil
    hosts[host].life += 1
    hosts[host].processes = [:]
    hosts[host].exits = [:]
    hosts[host].session = nil
    hosts[host].lease = HostLease()
  }

  mutating func boot(_ host: Int) {
    guard !hosts[host].isUp else { return }
    hosts[host].isUp = true
    hosts[host].boot += 1
    startAgent(host)
  }

  // MARK: Talking

  mutating func beat(_ host: Int) {
    queue.add(.beat(host: host), at: time + .milliseconds(250))
    guard let agent = hosts[host].agent, let session = hosts[host].session else { return }
    hosts[host].sequence += 1
    let heartbeat = Heartbeat(
      sequence: hosts[host].sequence, incarnation: incarnation(of: host),
      sentAt: hosts[host].clock(time), appliedRevision: agent.appliedRevision,
      roundTripMicroseconds: 500, usage: HostUsage(cpuMilli: 0, memoryUsedBytes: 0), instances: [])
    for delay in flights(host, isFrom: true) {
      queue.add(.toCoordinator(host: host, .heartbeat(session.id, heartbeat)), at: time + delay)
    }
  }

  private func incarnation(of host: Int) -> Incarnation {
    Incarnation(
      bootHigh: UInt64(host + 1), bootLow: hosts[host].boot, agentStartedAt: hosts[host].life)
  }

  /// Sees to the session, the stream and the reports.
  mutating func look(_ host: Int) {
    queue.add(.agentLook(host: host), at: time + .milliseconds(50))
    guard hosts[host].agent != nil else { return }
    guard let session = hosts[host].session else { return openSession(host) }
    if !session.isStreaming || time - session.lastLineAt > .seconds(6) {
      return openSession(host)
    }
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
    // Each try waits for an answer before the next.
    guard random.chance(10), let delay = passage(host, isFrom: true) else { return }
    let facts = HostFacts(
      capacity: HostCapacity(cpu: MilliCPU(4000), memory: .mebibytes(4096)), labels: [:],
      address: hosts[host].id.rawValue, kernel: "6.1", controllers: ["cpu", "memory"], version: "0")
    queue.add(
      .toCoordinator(
        host: host,
        .openSession(
          SessionRequest(facts: facts, incarnation: incarnation(of: host), nonce: ""))),
      at: time + delay)
  }

  private mutating func report(_ host: Int) {
    if hosts[host].isReporting, let last = hosts[host].reported, time - last.at > .seconds(2) {
      // Its answer, or itself, was lost.
      hosts[host].agent!.reports.failed(
        session: last.report.sessionID, sequence: last.report.sequence)
      hosts[host].isReporting = false
    }
    guard !hosts[host].isReporting, let report = hosts[host].agent!.nextReport() else { return }
    hosts[host].isReporting = true
    hosts[host].reported = (time, report)
    guard let delay = passage(host, isFrom: true) else {
      // The request breaks, and is made again.
      hosts[host].agent!.reports.failed(session: report.sessionID, sequence: report.sequence)
      hosts[host].isReporting = false
      return
    }
    queue.add(.toCoordinator(host: host, .report(report)), at: time + delay)
  }

  mutating func take(_ reply: Reply, on host: Int) {
    guard hosts[host].agent != nil else { return }
    switch reply {
    case .session(let id, let life):
      guard hosts[host].session == nil, life == coordinator.life else { return }
      hosts[host].session = .init(id: id, life: life, lastLineAt: time)
      hosts[host].agent!.reports.sessionOpened(id)
      hosts[host].isReporting = false
      hosts[host].newestRevision = Revision(0)
      // Broken while it is opened: the look finds no stream, and begins anew.
      hosts[host].session!.isStreaming = true
      guard let delay = passage(host, isFrom: true) else { return }
      queue.add(.toCoordinator(host: host, .openStream(id)), at: time + delay)
    case .line(let id, let line):
      guard hosts[host].session?.id == id else { return }
      hosts[host].session!.lastLineAt = time
      take(line, on: host)
    case .keepAlive(let id):
      if hosts[host].session?.id == id { hosts[host].session!.lastLineAt = time }
    case .reported(let report, let wasTaken):
      guard hosts[host].session?.id == report.sessionID else { return }
      hosts[host].isReporting = false
      if wasTaken {
        hosts[host].agent!.reports.delivered(session: report.sessionID, sequence: report.sequence)
      } else {
        hosts[host].session!.isStreaming = false
      }
    case .acknowledgement(let id, let ack):
      guard hosts[host].session?.id == id else { return }
      hosts[host].newestRevision = max(ack.newestRevision, hosts[host].newestRevision)
      let sentAt = sabotage == .leaseFromReceipt ? hosts[host].clock(time) : ack.echoedSentAt
      _ = hosts[host].lease.acknowledged(sentAt: sentAt, lease: ack.lease)
    }
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

  // MARK: The lease

  mutating func lookAtLease(_ host: Int) {
    queue.add(.leaseLook(host: host), at: time + .milliseconds(50))
    watchLease(host)
    guard hosts[host].agent != nil, !hosts[host].lease.holds(at: hosts[host].clock(time)) else {
      return
    }
    for memory in hosts[host].agent!.memories
    where memory.desired.spec.fence || sabotage == .fencesAll {
      tell(.leaseEnded, of: memory.desired.epoch, on: host)
    }
  }

  /// What tendon-init does by itself.
  mutating func watchLease(_ host: Int) {
    guard hosts[host].isUp, !hosts[host].lease.holds(at: hosts[host].clock(time)) else { return }
    for (epoch, process) in hosts[host].processes.sorted(by: { $0.key < $1.key })
    where process.isFenced {
      processEnds(epoch, process.key, on: host, signal: 9)
    }
  }
}
