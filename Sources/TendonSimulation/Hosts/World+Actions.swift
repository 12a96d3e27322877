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
        if isFirst { performSoon(order.epoch, on: host) }
      }
    }
  }

  private mutating func performSoon(_ epoch: Epoch, on host: Int) {
    queue.add(
      .perform(host: host, life: hosts[host].life, epoch),
      at: time + hosts[host].random.milliseconds(hosts[host].weather.isSlow ? 0...500 : 0...2))
  }

  mutating func perform(_ epoch: Epoch, on host: Int) {
    guard hosts[host].agent != nil, hosts[host].queues[epoch]?.isEmpty == false else {
      hosts[host].queues[epoch] = nil
      return
    }
    let action = hosts[host].queues[epoch]!.removeFirst()
    if perform(action, of: epoch, on: host) { goOn(epoch, on: host) }
  }

  /// The next action of the placement.
  mutating func goOn(_ epoch: Epoch, on host: Int) {
    if hosts[host].queues[epoch]?.isEmpty == false {
      performSoon(epoch, on: host)
    } else {
      hosts[host].queues[epoch] = nil
    }
  }

  mutating func answer(_ event: LifecycleEvent, of epoch: Epoch, on host: Int) {
    queue.add(
      .tell(host: host, life: hosts[host].life, epoch, event),
      at: time + hosts[host].random.milliseconds(hosts[host].weather.isSlow ? 0...1000 : 0...20))
  }

  /// - Returns: false when the next one waits for the disk.
  private mutating func perform(_ action: LifecycleAction, of epoch: Epoch, on host: Int) -> Bool {
    switch action {
    case .start(let order): startProcess(order, on: host)
    case .applyLimits(let resources, let revision):
      if sabotage != .resizeForgotten { hosts[host].processes[epoch]?.resources = resources }
      answer(
        .limitsApplied(LimitsOutcome(revision: revision, microseconds: 80, knobs: [])), of: epoch,
        on: host)
    case .signal(let key, let number): signal(key, number, of: epoch, on: host)
    case .killCgroup: killCgroup(of: epoch, on: host)
    case .removeCgroup:
      hosts[host].lapsed.remove(epoch)
      answer(.cgroupRemoved, of: epoch, on: host)
    case .recordExit(let key): write(epoch, then: .acknowledge(epoch, key), on: host)
    case .acknowledgeExit(let key): acknowledgeExit(key, of: epoch, on: host)
    case .persist:
      write(epoch, then: sabotage == .recordNotAwaited ? nil : .goOn(epoch), on: host)
      return sabotage == .recordNotAwaited
    case .record, .persistSoon: write(epoch, on: host)
    case .forget:
      write(epoch, isRemoval: true, then: .goOn(epoch), on: host)
      return false
    case .report: hosts[host].agent!.reports.statusChanged(epoch)
    case .reportRemoved: hosts[host].agent!.reports.placementRemoved(epoch)
    case .releasePorts, .endHooks: break
    case .runHook, .probe, .armTimer: preconditionFailure("no spec of a simulation asks for it")
    }
    return true
  }
}
