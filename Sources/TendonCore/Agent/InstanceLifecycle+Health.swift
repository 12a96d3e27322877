// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Probes, notifications, watchdog: what is known of the process that runs.
extension InstanceLifecycle {
  /// Begins to watch the process that runs from now on.
  mutating func watchHealth(memory known: HealthMemory?, now: Now) -> [LifecycleAction] {
    let supervision = memory.desired.spec.supervision
    let watch = HealthWatch(supervision, memory: known, after: attemptsMade)
    watchdogTimer = nil
    memory.health = watch.isIdle ? nil : watch.memory
    health = watch.isIdle ? nil : watch
    return withHealth { $0.begin(now: now.monotonic) } + healthyLater(now: now)
  }

  /// The process that runs is watched as a changed spec says, which knows of what was known.
  mutating func watchHealthAnew(now: Now) -> [LifecycleAction] {
    guard case .running = state else { return [] }
    return watchHealth(memory: health?.memory ?? .healthy, now: now)
  }

  mutating func endWatch() {
    health = nil
    memory.health = nil
    watchdogTimer = nil
  }

  mutating func probed(
    _ kind: ProbeKind, number: UInt64, _ outcome: ProbeOutcome, now: Now
  ) -> [LifecycleAction] {
    withHealth { $0.probed(kind, number: number, outcome, now: now.monotonic) }
  }

  mutating func notified(_ notification: Notification, now: Now) -> [LifecycleAction] {
    withHealth { $0.notified(notification, now: now.monotonic) }
  }

  mutating func watchdogOver(now: Now) -> [LifecycleAction] {
    watchdogTimer = nil
    return withHealth { $0.watchdogOver(now: now.monotonic) }
  }

  private mutating func withHealth(
    _ change: (inout HealthWatch) -> [HealthWatch.Effect]
  ) -> [LifecycleAction] {
    guard case .running(let running) = state, var watch = health else { return [] }
    let effects = change(&watch)
    health = watch
    attemptsMade = watch.attempts
    let isNews = memory.health != watch.memory
    memory.health = watch.memory
    var actions: [LifecycleAction] = []
    for effect in effects { actions += carryOut(effect, running.process) }
    if isNews, !actions.contains(.record) { actions.append(.record) }
    return actions
  }

  private mutating func carryOut(
    _ effect: HealthWatch.Effect, _ process: ProcessKey
  ) -> [LifecycleAction] {
    switch effect {
    case .attempt(let attempt): return [.probe(attempt)]
    case .watchdog(let delay):
      let (timer, arm) = armTimer(delay)
      watchdogTimer = timer
      return [arm]
    case .readyChanged(true, _):
      memory.message = "ready"
      return told
    case .readyChanged(false, let reason):
      memory.message = "not ready: \(reason)"
      return told
    case .status(let text):
      memory.message = "running: \(text)"
      return [.report]
    case .fatal(let reason, let isWatchdog):
      let signal = isWatchdog ? StopSignal.abort : memory.desired.spec.supervision.stopSignal
      return signalToEnd(process, signal, because: reason, isUnhealthy: true)
    }
  }

  // MARK: - The end of a row of failures

  /// Looks after a while whether the run was a healthy one. One look is planned at a time, however often it is started.
  private mutating func healthyLater(now: Now) -> [LifecycleAction] {
    guard memory.crashLoop != nil, healthyTimer == nil else { return [] }
    let (timer, arm) = armTimer(backoff.healthyAfter)
    healthyTimer = timer
    return [arm]
  }

  mutating func healthyTimerOver(now: Now) -> [LifecycleAction] {
    healthyTimer = nil
    guard case .running(let running) = state, memory.failures > 0 else { return [] }
    let left = running.since + backoff.healthyAfter - now.monotonic
    if left > .zero {
      let (timer, arm) = armTimer(left)
      healthyTimer = timer
      return [arm]
    }
    memory.failures = 0
    memory.message = health?.waitsFor.map { "not ready: \($0)" } ?? "running"
    return told
  }
}

extension HealthMemory {
  /// Of a process that nothing watched so far.
  static let healthy = HealthMemory(isStartedUp: true, hasNotified: true, isReady: true)
}
