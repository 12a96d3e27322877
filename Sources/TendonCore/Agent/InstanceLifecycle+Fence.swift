// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// What the end of the host's lease means for a fenced placement: it ends, and this placement is never started again. Its
/// epoch is over; the coordinator places the instance anew.
extension InstanceLifecycle {
  static var leaseIsOver: String {
    "it is fenced, and the host's lease ended: no coordinator had acknowledged a heartbeat in that time"
  }

  mutating func leaseEnded() -> [LifecycleAction] {
    // What was asked to end is only killed the sooner.
    let isFenced = !memory.isStopAsked
    switch state {
    case .running(let running):
      return kill(running.process, isFenced: isFenced)
    case .stopping(let stopping) where !stopping.isKilled:
      let hook: [LifecycleAction] = if case .hook = stopping.stage { [.endHooks] } else { [] }
      return hook + kill(stopping.process, isFenced: isFenced)
    case .waiting, .new:
      return notStartedAgain() + clear(then: .finish(.failed))
    case .clearing(var clearing) where clearing.next.restarts:
      clearing.next = .finish(.failed)
      state = .clearing(clearing)
      return notStartedAgain()
    case .tidying(var tidying) where tidying.next.restarts:
      tidying.next = .finish(.failed)
      state = .tidying(tidying)
      return notStartedAgain()
    // One that is being started is looked at again when it runs.
    case .starting, .restored, .stopping, .clearing, .tidying, .removing, .final, .gone: return []
    }
  }

  private mutating func notStartedAgain() -> [LifecycleAction] {
    memory.phase = .failed
    memory.message = "not started again: \(Self.leaseIsOver)"
    return told
  }

  private mutating func kill(_ process: ProcessKey, isFenced: Bool) -> [LifecycleAction] {
    endWatch()
    let (timer, arm) = armTimer(Self.retryDelay)
    state = .stopping(
      .init(
        process: process, stage: .killed, timer: timer, reason: Self.leaseIsOver,
        isUnhealthy: false, isFenced: isFenced))
    memory.phase = .stopping
    memory.message = "killed: \(Self.leaseIsOver)"
    return [.killCgroup, arm] + told
  }
}
