// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// Doing what an agent's core asks for: the actions of one placement one after the other, each with its time.
extension World {
  mutating func tell(_ event: LifecycleEvent, of epoch: Epoch, on host: Int) {
    guard hosts[host].agent != nil else { return }
    let now = hosts[host].now(time)
    obey(hosts[host].agent!.handle(event, of: epoch, now: now), on: host)
  }

  mutating func obey(_ orders: [AgentCore.Order], on host: Int) {
    for order in orders {
      if case .armTimer(let timer, let delay) = order.action {
        queue.add(
          .tell(host: host, life: hosts[host].life, order.epoch, .timerOver(timer)),
          at: time + delay)
      } else {
        let isFirst = hosts[host].queues[order.epoch] == nil
        hosts[host].queues[order.epoch, default: []].append(order.action)
        if isFirst { performSoon(order.epoch, on: host, slow: false) }
      }
    }
  }

  private mutating func performSoon(_ epoch: Epoch, on host: Int, slow: Bool) {
    queue.add(
      .perform(host: host, life: hosts[host].life, epoch),
      at: time + random.milliseconds(slow ? 2...60 : 0...2))
  }

  mutating func perform(_ epoch: Epoch, on host: Int) {
    guard hosts[host].agent != nil, let action = hosts[host].queues[epoch]?.first else {
      hosts[host].queues[epoch] = nil
      return
    }
    hosts[host].queues[epoch]!.removeFirst()
    perform(action, of: epoch, on: host)
    if hosts[host].queues[epoch]?.isEmpty == false {
      performSoon(epoch, on: host, slow: false)
    } else {
      hosts[host].queues[epoch] = nil
    }
  }

  private mutating func answer(_ event: LifecycleEvent, of epoch: Epoch, on host: Int) {
    queue.add(
      .tell(host: host, life: hosts[host].life, epoch, event),
      at: time + random.milliseconds(0...20))
  }

  private mutating func perform(_ action: LifecycleAction, of epoch: Epoch, on host: Int) {
    switch action {
    case .start(let order): startProcess(order, on: host)
    case .applyLimits(_, let revision):
      answer(
        .limitsApplied(LimitsOutcome(revision: revision, microseconds: 80, knobs: [])), of: epoch,
        on: host)
    case .signal(let key, let number):
      // One in ten does not listen.
      guard number == 9 || !random.chance(10) else { return }
      queue.add(.processEnds(host: host, epoch, key), at: time + random.milliseconds(1...300))
    case .killCgroup:
      if let process = hosts[host].processes[epoch] {
        checkKill(of: epoch, process, on: host)
        processEnds(epoch, process.key, on: host, signal: 9)
      }
      answer(.cgroupEmpty, of: epoch, on: host)
    case .removeCgroup: answer(.cgroupRemoved, of: epoch, on: host)
    case .recordExit:
      record(epoch, on: host)
      hosts[host].exits[epoch] = nil
    case .acknowledgeExit: hosts[host].exits[epoch] = nil
    case .persist, .record, .persistSoon: record(epoch, on: host)
    case .forget: hosts[host].records[epoch] = nil
    case .report: hosts[host].agent!.reports.statusChanged(epoch)
    case .reportRemoved: hosts[host].agent!.reports.placementRemoved(epoch)
    case .releasePorts, .endHooks: break
    case .runHook, .probe, .armTimer: preconditionFailure("no spec of a simulation asks for it")
    }
  }

  private mutating func record(_ epoch: Epoch, on host: Int) {
    guard let memory = hosts[host].agent!.memory(of: epoch) else { return }
    hosts[host].records[epoch] = (hosts[host].boot, memory)
  }

  private mutating func startProcess(_ order: StartOrder, on host: Int) {
    let placement = order.desired
    guard !placement.spec.fence || hosts[host].lease.holds(at: hosts[host].clock(time)) else {
      answer(
        .startFailed(
          StartFailure(attempt: order.attempt, step: "fence", reason: "the host has no lease")),
        of: placement.epoch, on: host)
      return
    }
    hosts[host].lastPID += 1
    let key = ProcessKey(
      pid: hosts[host].lastPID, startTicks: UInt64(time.nanoseconds / 10_000_000))
    hosts[host].processes[placement.epoch] = .init(
      key: key, instance: placement.instance, isFenced: placement.spec.fence)
    note("\(placement.instance) (epoch \(placement.epoch)) runs on \(hosts[host].id)")
    checkFences(of: host)
    if random.chance(2) {
      queue.add(
        .processEnds(host: host, placement.epoch, key), at: time + random.milliseconds(1...20_000))
    }
    answer(
      .spawned(
        SpawnOutcome(
          attempt: order.attempt, process: key, ports: [:],
          limits: LimitsOutcome(
            revision: placement.resourcesRevision, microseconds: 80, knobs: []), oomKills: 0)),
      of: placement.epoch, on: host)
  }

  /// A process ends, by itself or by a signal; tendon-init keeps its exit.
  mutating func processEnds(_ epoch: Epoch, _ key: ProcessKey, on host: Int, signal: Int32) {
    guard let process = hosts[host].processes[epoch], process.key == key else { return }
    hosts[host].processes[epoch] = nil
    note("\(process.instance) (epoch \(epoch)) ends on \(hosts[host].id)")
    let report = ExitReport(
      status: .signaled(signal: signal, coreDumped: false), at: hosts[host].now(time).wall,
      outOfMemory: false)
    hosts[host].exits[epoch] = (key, report)
    if hosts[host].agent != nil { answer(.exited(key, report), of: epoch, on: host) }
  }
}
