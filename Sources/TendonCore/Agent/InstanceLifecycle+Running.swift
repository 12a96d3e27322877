// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Starts, ends and restarts.
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
    noteLimits(outcome.limits)
    var actions: [LifecycleAction]
    if memory.isStopAsked {
      actions = stop(outcome.process)
    } else {
      memory.phase = .running
      memory.message = "running"
      state = .running(.init(process: outcome.process, since: now.monotonic))
      actions = told
    }
    for early in starting.earlyExits {
      actions += exited(early.process, early.exit, now: now, using: &generator)
    }
    return actions
  }

  mutating func startFailed(
    _ failure: StartFailure, using generator: inout some RandomNumberGenerator
  ) -> [LifecycleAction] {
    guard case .starting(let starting) = state, starting.attempt == failure.attempt else {
      return []
    }
    memory.ports = failure.ports
    if let limits = failure.limits { noteLimits(limits) }
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
    memory.message = "\(text); next try in \(delay.inWords)"
    let (timer, arm) = armTimer(delay)
    state = .waiting(timer)
    return told + [arm]
  }

  mutating func exited(
    _ process: ProcessKey, _ exit: ExitReport, now: Now,
    using generator: inout some RandomNumberGenerator
  ) -> [LifecycleAction] {
    switch state {
    case .running(let running) where running.process == process:
      if now.monotonic - running.since >= backoff.healthyAfter { memory.failures = 0 }
      return ended(process, exit, now: now, using: &generator)
    case .starting(var starting):
      starting.earlyExits.append(.init(process: process, exit: exit))
      state = .starting(starting)
      return []
    case .restored:
      return memory.isStopAsked
        ? endedAsAsked(process, exit, thenClear: true)
        : ended(process, exit, now: now, using: &generator)
    case .stopping(let stopping) where stopping.process == process:
      if stopping.isEmpty { return endedAsAsked(process, exit, thenClear: false) + leave() }
      let actions = endedAsAsked(process, exit, thenClear: !stopping.isKilled)
      if stopping.isKilled { state = .clearing(.init(next: .leave)) }
      return actions
    default:
      // Told again after its acknowledgement was lost, or of a process before this one.
      return [.acknowledgeExit(process)]
    }
  }

  /// An end that nobody asked for.
  private mutating func ended(
    _ process: ProcessKey, _ exit: ExitReport, now: Now,
    using generator: inout some RandomNumberGenerator
  ) -> [LifecycleAction] {
    memory.process = nil
    memory.lastExit = exit
    let text = exit.outOfMemory ? "\(exit.status): out of memory" : "\(exit.status)"
    let next: LifecycleState.AfterClearing
    switch memory.desired.spec.restart {
    case .onFailure where exit.status.isSuccess, .never:
      memory.message = text
      memory.phase = .ended
      next = .finish(.ended)
    case .always, .onFailure:
      let delay = nextDelay(using: &generator)
      memory.phase = .waiting
      memory.message = "\(text); started again in \(delay.inWords)"
      next = .restart(at: now.monotonic + delay)
    }
    let kill = clear(then: next)
    // Durable before the only other copy of the exit status is given up.
    return [.persist(memory), .acknowledgeExit(process), .report] + kill
  }

  private mutating func endedAsAsked(
    _ process: ProcessKey, _ exit: ExitReport, thenClear: Bool
  ) -> [LifecycleAction] {
    memory.process = nil
    memory.lastExit = exit
    memory.phase = .stopping
    memory.message = "stopped: \(exit.status)"
    let kill = thenClear ? clear(then: .leave) : []
    return [.persist(memory), .acknowledgeExit(process)] + kill
  }

  private mutating func nextDelay(using generator: inout some RandomNumberGenerator) -> Duration {
    memory.failures += 1
    return backoff.delay(afterFailures: memory.failures, using: &generator)
  }

  mutating func timerOver(_ timer: TimerID) -> [LifecycleAction] {
    switch state {
    case .waiting(timer): return start()
    case .stopping(var stopping) where stopping.timer == timer:
      let isFirst = !stopping.isKilled
      stopping.isKilled = true
      state = .stopping(stopping)
      if isFirst { memory.message = "its grace is over: killed" }
      return [.killCgroup] + (isFirst ? [.report] : [])
    case .clearing(let clearing) where clearing.retry == timer:
      return clear(then: clearing.next)
    case .removing(let removing) where removing.retry == timer:
      state = .removing(.init(finish: removing.finish))
      return [.removeCgroup]
    default: return []
    }
  }

  mutating func adopted(_ process: ProcessKey, since: MonotonicTime) -> [LifecycleAction] {
    guard state == .restored else { return [] }
    memory.process = process
    if memory.isStopAsked { return stop(process) }
    memory.phase = .running
    memory.message = "running; taken over by a new agent"
    state = .running(.init(process: process, since: since))
    return told + limitsIfBehind()
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
    if memory.isStopAsked { return clear(then: .leave) }
    if !memory.phase.isFinal {
      memory.phase = .failed
      memory.message = "host rebooted"
    }
    return told + clear(then: .finish(memory.phase))
  }
}

extension Duration {
  /// `150 ms`, `2.3 s`.
  fileprivate var inWords: String {
    let milliseconds = wholeMilliseconds
    guard milliseconds >= 1000 else { return "\(milliseconds) ms" }
    return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  }
}
