// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Starts, and processes taken over from an agent before this one.
extension InstanceLifecycle {
  mutating func spawned(
    _ outcome: SpawnOutcome, now: Now, using generator: inout some RandomNumberGenerator
  ) -> [LifecycleAction] {
    guard case .starting(let starting) = state, starting.attempt == outcome.attempt else {
      return []
    }
    if memory.startedAt != nil { memory.restarts += 1 }
    memory.process = outcome.process
    memory.startedAt = now.wall
    memory.ports = outcome.ports
    memory.oomKills = outcome.oomKills
    memory.dynamicUser = outcome.dynamicUser
    noteLimits(outcome.limits, now: now)
    var actions: [LifecycleAction]
    if memory.isStopAsked {
      actions = stop(outcome.process)
    } else {
      memory.phase = .running
      memory.message = "running"
      state = .running(.init(process: outcome.process, since: now.monotonic))
      let watch = watchHealth(memory: nil, now: now)
      if let reason = health?.waitsFor { memory.message = "not ready: \(reason)" }
      actions = told + watch
    }
    for early in starting.earlyExits {
      actions += exited(early.process, early.exit, now: now, using: &generator)
    }
    return actions
  }

  mutating func startFailed(
    _ failure: StartFailure, now: Now, using generator: inout some RandomNumberGenerator
  ) -> [LifecycleAction] {
    guard case .starting(let starting) = state, starting.attempt == failure.attempt else {
      return []
    }
    memory.ports = failure.ports
    if let limits = failure.limits { noteLimits(limits, now: now) }
    let acknowledgements = starting.earlyExits.map { LifecycleAction.acknowledgeExit($0.process) }
    return acknowledgements + afterFailedStart(failure, using: &generator)
  }

  private mutating func afterFailedStart(
    _ failure: StartFailure, using generator: inout some RandomNumberGenerator
  ) -> [LifecycleAction] {
    if memory.isStopAsked { return clear(then: .leave) }
    let text = "could not be started: \(failure.step): \(failure.reason)"
    if memory.desired.spec.restart == .never {
      memory.message = text
      memory.phase = .failed
      return told + clear(then: .finish(.failed))
    }
    let delay = nextDelay(using: &generator)
    memory.phase = .waiting
    memory.message = "\(text); \(crashLoopText)next try in \(delay.inWords)"
    let (timer, arm) = armTimer(delay)
    state = .waiting(timer)
    return told + [arm]
  }

  mutating func adopted(
    _ process: ProcessKey, since: MonotonicTime, now: Now
  ) -> [LifecycleAction] {
    guard state == .restored else { return [] }
    memory.process = process
    if memory.isStopAsked { return stop(process) }
    memory.phase = .running
    memory.message = "running; taken over by a new agent"
    state = .running(.init(process: process, since: since))
    return told + watchHealth(memory: memory.health, now: now) + limitsIfBehind()
  }

  mutating func nothingFound(now: Now) -> [LifecycleAction] {
    guard state == .restored else { return [] }
    memory.process = nil
    if memory.isStopAsked { return clear(then: .leave) }
    if memory.phase.isFinal { return clear(then: .finish(memory.phase)) }
    memory.phase = .waiting
    return clear(then: .restart(at: now.monotonic)) + [.report]
  }

  mutating func hostRebooted() -> [LifecycleAction] {
    guard state == .restored else { return [] }
    memory.process = nil
    // What it would have tidied up went with the host's boot.
    memory.owesAfterStop = nil
    if memory.isStopAsked { return clear(then: .leave) }
    if !memory.phase.isFinal {
      memory.phase = .failed
      memory.message = "host rebooted"
    }
    return told + clear(then: .finish(memory.phase))
  }
}
