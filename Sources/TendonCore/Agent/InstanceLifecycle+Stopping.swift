// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The end of a placement: what is left is killed, the cgroup removed, the record forgotten.
extension InstanceLifecycle {
  /// How long after a failed kill or removal it is tried again.
  static var retryDelay: Duration { .seconds(1) }

  private static var asked: String { "the coordinator asked for its end" }

  mutating func stopAsked() -> [LifecycleAction] {
    guard !memory.isStopAsked else { return [] }
    memory.isStopAsked = true
    switch state {
    case .running(let running): return stop(running.process)
    case .new, .waiting: return clear(then: .leave)
    case .clearing(var clearing):
      clearing.next = .leave
      state = .clearing(clearing)
      return markStopping()
    case .tidying(var tidying):
      tidying.next = .leave
      state = .tidying(tidying)
      return markStopping()
    case .removing(var removing):
      removing.finish = nil
      state = .removing(removing)
      return markStopping()
    case .final:
      state = .gone
      return [.forget, .reportRemoved]
    case .stopping(var stopping):
      // It was being ended for another reason, after which it would have been started again, or have stayed to be told.
      stopping.isUnhealthy = false
      stopping.isFenced = false
      state = .stopping(stopping)
      return markStopping()
    // The answer to the start, or what is found of the record, decides what there is to end. A start ends
    // the sooner when its hook does.
    case .starting: return [.endHooks] + markStopping()
    case .restored: return markStopping()
    case .gone: return []
    }
  }

  private mutating func markStopping() -> [LifecycleAction] {
    memory.phase = .stopping
    memory.message = "asked to end"
    return told
  }

  /// Asks the process to end, after its hook, and gives it its grace.
  mutating func stop(_ process: ProcessKey) -> [LifecycleAction] {
    let supervision = memory.desired.spec.supervision
    let told = markStopping()
    guard !supervision.beforeStop.isEmpty else {
      return signalToEnd(
        process, supervision.stopSignal, because: Self.asked, isUnhealthy: false)
    }
    endWatch()
    memory.message = "asked to end; its before_stop command runs"
    let (id, timer, actions) = hook(.beforeStop, supervision.beforeStop)
    state = .stopping(
      .init(
        process: process, stage: .hook(id), timer: timer, reason: Self.asked, isUnhealthy: false))
    return actions + told
  }

  /// The signal, and the grace that begins with it.
  mutating func signalToEnd(
    _ process: ProcessKey, _ signal: StopSignal, because reason: String, isUnhealthy: Bool
  ) -> [LifecycleAction] {
    endWatch()
    memory.phase = .stopping
    if isUnhealthy { memory.message = "is ended and started again: \(reason)" }
    let (timer, arm) = armTimer(memory.desired.spec.stopGrace.duration)
    state = .stopping(
      .init(
        process: process, stage: .signalled, timer: timer, reason: reason,
        isUnhealthy: isUnhealthy))
    return [.signal(process, signal.number), arm] + told
  }

  /// The time of what is being done to end it is over.
  mutating func stopLate(_ before: LifecycleState.Stopping) -> [LifecycleAction] {
    var stopping = before
    switch stopping.stage {
    case .hook:
      let limit = memory.desired.spec.supervision.hookTimeout
      memory.message = "asked to end; its before_stop command took more than \(limit)"
      return [.endHooks]
        + signalToEnd(
          stopping.process, memory.desired.spec.supervision.stopSignal, because: stopping.reason,
          isUnhealthy: stopping.isUnhealthy)
    case .signalled:
      stopping.stage = .killed
      stopping.reason += "; it ignored that for \(memory.desired.spec.stopGrace), so it was killed"
      state = .stopping(stopping)
      memory.message = "its grace is over: killed"
      return [.killCgroup, .report]
    case .killed: return [.killCgroup]
    }
  }

  /// Kills what is left in the cgroup, then goes on with `next`.
  mutating func clear(then next: LifecycleState.AfterClearing) -> [LifecycleAction] {
    state = .clearing(.init(next: next))
    return [.killCgroup]
  }

  mutating func cgroupEmpty(now: Now) -> [LifecycleAction] {
    switch state {
    case .clearing(let clearing): return afterEmpty(clearing.next, now: now)
    case .stopping(var stopping) where stopping.isKilled:
      // Its exit is on the way, and must be acknowledged before the record goes.
      stopping.isEmpty = true
      state = .stopping(stopping)
      return []
    default: return []
    }
  }

  mutating func leave() -> [LifecycleAction] {
    state = .removing(.init(finish: nil))
    return [.removeCgroup]
  }

  mutating func killFailed(_ reason: String) -> [LifecycleAction] {
    switch state {
    case .clearing(var clearing):
      let (timer, arm) = armTimer(Self.retryDelay)
      clearing.retry = timer
      state = .clearing(clearing)
      memory.message = "what is left of it cannot be killed: \(reason)"
      return [.report, arm]
    case .stopping(var stopping) where stopping.isKilled:
      let (timer, arm) = armTimer(Self.retryDelay)
      stopping.timer = timer
      state = .stopping(stopping)
      memory.message = "it cannot be killed: \(reason)"
      return [.report, arm]
    default: return []
    }
  }

  mutating func cgroupRemoved() -> [LifecycleAction] {
    guard case .removing(let removing) = state else { return [] }
    guard let phase = removing.finish else {
      state = .gone
      return [.releasePorts, .forget, .reportRemoved]
    }
    state = .final
    // Told when it came about.
    memory.phase = phase
    memory.ports = [:]
    memory.dynamicUser = nil
    return [.releasePorts, .record]
  }

  mutating func removeFailed(_ reason: String) -> [LifecycleAction] {
    guard case .removing(var removing) = state else { return [] }
    let (timer, arm) = armTimer(Self.retryDelay)
    removing.retry = timer
    state = .removing(removing)
    memory.message = "its cgroup cannot be removed: \(reason)"
    return [.report, arm]
  }
}
