// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The end of a placement: what is left is killed, the cgroup removed, the record forgotten.
extension InstanceLifecycle {
  /// How long after a failed kill or removal it is tried again.
  static var retryDelay: Duration { .seconds(1) }

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
    case .removing(var removing):
      removing.finish = nil
      state = .removing(removing)
      return markStopping()
    case .final:
      state = .gone
      return [.forget, .reportRemoved]
    // The answer to the start, or what is found of the record, decides what there is to end.
    case .starting, .restored: return markStopping()
    case .stopping, .gone: return []
    }
  }

  private mutating func markStopping() -> [LifecycleAction] {
    memory.phase = .stopping
    memory.message = "asked to end"
    return told
  }

  /// Asks the process to end and gives it its grace.
  mutating func stop(_ process: ProcessKey) -> [LifecycleAction] {
    let told = markStopping()
    let (timer, arm) = armTimer(memory.desired.spec.stopGrace.duration)
    state = .stopping(.init(process: process, timer: timer, isKilled: false, isEmpty: false))
    return [.signalTerm(process), arm] + told
  }

  /// Kills what is left in the cgroup, then goes on with `next`.
  mutating func clear(then next: LifecycleState.AfterClearing) -> [LifecycleAction] {
    state = .clearing(.init(next: next))
    return [.killCgroup]
  }

  mutating func cgroupEmpty(now: Now) -> [LifecycleAction] {
    switch state {
    case .clearing(let clearing):
      switch clearing.next {
      case .restart(let time):
        let (timer, arm) = armTimer(max(.zero, time - now.monotonic))
        state = .waiting(timer)
        return [arm]
      case .finish(let phase):
        state = .removing(.init(finish: phase))
        return [.removeCgroup]
      case .leave: return leave()
      }
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
    return [.releasePorts, .persist(memory)]
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
