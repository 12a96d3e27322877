// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Ends of the process, and what follows from them.
extension InstanceLifecycle {
  mutating func exited(
    _ process: ProcessKey, _ exit: ExitReport, now: Now,
    using generator: inout some RandomNumberGenerator
  ) -> [LifecycleAction] {
    switch state {
    case .running(let running) where running.process == process:
      if now.monotonic - running.since >= backoff.healthyAfter { memory.failures = 0 }
      let next = ended(exit, isFailure: false, now: now, using: &generator)
      return clear(then: next) + recorded(process)
    case .starting(var starting):
      starting.earlyExits.append(.init(process: process, exit: exit))
      state = .starting(starting)
      return []
    case .restored where memory.isStopAsked:
      endedAsAsked(exit, because: nil)
      return clear(then: .leave) + recorded(process)
    case .restored:
      let next = ended(exit, isFailure: false, now: now, using: &generator)
      return clear(then: next) + recorded(process)
    case .stopping(let stopping) where stopping.process == process:
      return ended(stopping, exit, now: now, using: &generator) + recorded(process)
    default:
      // Told again after its acknowledgement was lost, or of a process before this one.
      return [.acknowledgeExit(process)]
    }
  }

  /// Durable before the only other copy of the exit status is given up; nobody waits for it.
  private func recorded(_ process: ProcessKey) -> [LifecycleAction] {
    [.recordExit(process), .report]
  }

  /// The end of a process that was being ended.
  private mutating func ended(
    _ stopping: LifecycleState.Stopping, _ exit: ExitReport, now: Now,
    using generator: inout some RandomNumberGenerator
  ) -> [LifecycleAction] {
    var actions: [LifecycleAction] = []
    if case .hook = stopping.stage { actions.append(.endHooks) }
    var next = LifecycleState.AfterClearing.leave
    if stopping.isFenced {
      endedAsAsked(exit, because: stopping.reason)
      memory.phase = .failed
      memory.message = "killed: \(stopping.reason)"
      next = .finish(.failed)
    } else if stopping.isUnhealthy {
      var exit = exit
      exit.stoppedBecause = stopping.reason
      next = ended(exit, isFailure: true, now: now, using: &generator)
    } else {
      endedAsAsked(exit, because: stopping.reason)
    }
    if stopping.isEmpty { return actions + afterEmpty(next, now: now) }
    guard stopping.isKilled else { return actions + clear(then: next) }
    // The cgroup's emptiness is being waited for already, or the next try to kill.
    state = .clearing(.init(next: next, retry: stopping.timer))
    return actions
  }

  /// An end that nobody asked for, or of a process that failed its probes.
  private mutating func ended(
    _ exit: ExitReport, isFailure: Bool, now: Now,
    using generator: inout some RandomNumberGenerator
  ) -> LifecycleState.AfterClearing {
    endWatch()
    memory.process = nil
    var exit = exit
    if exit.outOfMemory { exit.memoryLimits = memory.memoryLimits }
    memory.lastExit = exit
    switch memory.desired.spec.restart {
    case .onFailure where exit.status.isSuccess && !isFailure, .never:
      memory.message = exit.summary
      memory.phase = .ended
      return .finish(.ended)
    case .always, .onFailure:
      let delay = nextDelay(using: &generator)
      memory.phase = .waiting
      memory.message = "\(exit.summary); \(crashLoopText)started again in \(delay.inWords)"
      return .restart(at: now.monotonic + delay)
    }
  }

  private mutating func endedAsAsked(_ exit: ExitReport, because reason: String?) {
    endWatch()
    memory.process = nil
    var exit = exit
    exit.stoppedBecause = reason
    exit.lastLines = nil
    memory.lastExit = exit
    memory.phase = .stopping
    memory.message = "stopped: \(exit.status)"
  }

  mutating func nextDelay(using generator: inout some RandomNumberGenerator) -> Duration {
    memory.failures += 1
    return backoff.delay(afterFailures: memory.failures, using: &generator)
  }

  /// Begins what a message says of the next start.
  var crashLoopText: String {
    memory.failures < PlacementStatus.crashLoopEnds
      ? "" : "in a crash loop, \(memory.failures) ends in a row; "
  }

  mutating func timerOver(_ timer: TimerID, now: Now) -> [LifecycleAction] {
    if timer == watchdogTimer { return watchdogOver(now: now) }
    if timer == healthyTimer { return healthyTimerOver(now: now) }
    switch state {
    case .waiting(timer): return start()
    case .stopping(let stopping) where stopping.timer == timer: return stopLate(stopping)
    case .tidying(let tidying) where tidying.timer == timer: return afterStopLate(tidying)
    case .clearing(let clearing) where clearing.retry == timer:
      return clear(then: clearing.next)
    case .removing(let removing) where removing.retry == timer:
      state = .removing(.init(finish: removing.finish))
      return [.removeCgroup]
    default: return []
    }
  }
}

extension Duration {
  /// `150 ms`, `2.3 s`.
  var inWords: String {
    let milliseconds = wholeMilliseconds
    guard milliseconds >= 1000 else { return "\(milliseconds) ms" }
    return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  }
}
