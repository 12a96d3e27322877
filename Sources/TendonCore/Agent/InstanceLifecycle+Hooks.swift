// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Hooks that the lifecycle itself runs: `before_stop` and `after_stop`. Each has a deadline here, whatever becomes of
/// the shell's own.
extension InstanceLifecycle {
  mutating func hook(
    _ hook: HookRun.Hook, _ command: [String]
  ) -> (id: UInt64, timer: TimerID, actions: [LifecycleAction]) {
    hooksRun += 1
    let (timer, arm) = armTimer(memory.desired.spec.supervision.hookTimeout.duration)
    let run = HookRun(id: hooksRun, hook: hook, command: command)
    return (hooksRun, timer, [.runHook(run), arm])
  }

  mutating func hookEnded(_ id: UInt64, failure: String?, now: Now) -> [LifecycleAction] {
    switch state {
    case .stopping(let stopping) where stopping.stage == .hook(id):
      if let failure { memory.message = "asked to end; its before_stop command \(failure)" }
      return signalToEnd(
        stopping.process, memory.desired.spec.supervision.stopSignal, because: stopping.reason,
        isUnhealthy: false)
    case .tidying(let tidying) where tidying.hook == id:
      memory.owesAfterStop = nil
      guard let failure else { return proceed(tidying.next, now: now) }
      memory.message += "; its after_stop command \(failure)"
      return told + proceed(tidying.next, now: now)
    default: return []
    }
  }

  /// The deadline of `after_stop`.
  mutating func afterStopLate(_ tidying: LifecycleState.Tidying) -> [LifecycleAction] {
    memory.owesAfterStop = nil
    let limit = memory.desired.spec.supervision.hookTimeout
    memory.message += "; its after_stop command took more than \(limit) and was killed"
    return [.endHooks] + told + clear(then: tidying.next)
  }

  /// The cgroup is empty: what has to be done before `next`, then `next`.
  mutating func afterEmpty(
    _ next: LifecycleState.AfterClearing, now: Now
  ) -> [LifecycleAction] {
    let command = memory.desired.spec.supervision.afterStop
    guard memory.owesAfterStop == true, !command.isEmpty else { return proceed(next, now: now) }
    let (id, timer, actions) = hook(.afterStop, command)
    state = .tidying(.init(next: next, hook: id, timer: timer))
    return actions
  }

  private mutating func proceed(
    _ next: LifecycleState.AfterClearing, now: Now
  ) -> [LifecycleAction] {
    switch next {
    case .restart(let time):
      let left = time - now.monotonic
      guard left > .zero else { return start() }
      let (timer, arm) = armTimer(left)
      state = .waiting(timer)
      return [arm]
    case .finish(let phase):
      state = .removing(.init(finish: phase))
      return [.removeCgroup]
    case .leave: return leave()
    }
  }
}
