// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// The life of one placement on its host, as a pure state machine.
///
/// `new -> starting -> running -> clearing -> (tidying ->) waiting -> starting ...`, to `final` where the restart policy
/// ends it, and over `stopping -> clearing -> removing` to `gone` once the coordinator asked for its end. One that
/// fails its probes goes over `stopping` too, and is started again. At most
/// one process exists at any time: a start is asked for only after the process before it was reaped and its
/// cgroup was seen empty.
package struct InstanceLifecycle: Sendable {
  package internal(set) var memory: PlacementMemory
  package internal(set) var state: LifecycleState
  var attempt = 0
  var timersArmed: UInt64 = 0
  var hooksRun: UInt64 = 0
  var attemptsMade: UInt64 = 0
  /// What watches the process that runs; nil when nothing is to be watched.
  var health: HealthWatch?
  /// The next look at the watchdog.
  var watchdogTimer: TimerID?
  /// The look whether a run after many ends was a healthy one.
  var healthyTimer: TimerID?

  /// A placement that the coordinator just sent; `begin` starts it.
  package init(desired: DesiredPlacement) {
    memory = PlacementMemory(desired: desired)
    state = .new
  }

  /// A placement read from its record; one of `adopted`, `exited`, `nothingFound` and `hostRebooted` tells
  /// what became of it.
  package init(restoring memory: PlacementMemory) {
    self.memory = memory
    state = .restored
  }

  /// As the spec has it now.
  var backoff: RestartBackoff { RestartBackoff(memory.desired.spec.supervision.backoff) }

  /// Whether an answer to the attempt is still waited for.
  package func expects(_ attempt: ProbeAttempt) -> Bool { health?.expects(attempt) ?? false }

  /// Whether nothing is left of the placement.
  package var isGone: Bool { state == .gone }

  /// The one entrance: what happened, when, and what is to be done about it.
  package mutating func handle(
    _ event: LifecycleEvent, now: Now, using generator: inout some RandomNumberGenerator
  ) -> [LifecycleAction] {
    switch event {
    case .begin: begin()
    case .desired(let desired): desiredChanged(desired, now: now)
    case .stopAsked: stopAsked()
    case .leaseEnded: leaseEnded()
    case .spawned(let outcome): spawned(outcome, now: now, using: &generator)
    case .startFailed(let failure): startFailed(failure, now: now, using: &generator)
    case .limitsApplied(let outcome): limitsApplied(outcome, now: now)
    case .limitsFailed(let revision, let reason): limitsFailed(revision, reason)
    case .exited(let process, let exit): exited(process, exit, now: now, using: &generator)
    case .timerOver(let timer): timerOver(timer, now: now)
    case .hookEnded(let id, let failure): hookEnded(id, failure: failure, now: now)
    case .probed(let kind, let number, let outcome):
      probed(kind, number: number, outcome, now: now)
    case .notified(let notification): notified(notification, now: now)
    case .cgroupEmpty: cgroupEmpty(now: now)
    case .killFailed(let reason): killFailed(reason)
    case .cgroupRemoved: cgroupRemoved()
    case .removeFailed(let reason): removeFailed(reason)
    case .adopted(let process, let since): adopted(process, since: since, now: now)
    case .nothingFound: nothingFound(now: now)
    case .hostRebooted: hostRebooted()
    }
  }

  mutating func begin() -> [LifecycleAction] {
    guard state == .new else { return [] }
    let actions = start()
    return [.persist(memory)] + actions
  }

  /// Asks for the next start. The caller has made sure that no process is left.
  mutating func start() -> [LifecycleAction] {
    attempt += 1
    state = .starting(.init(attempt: attempt))
    // One that is started again stays `waiting` to the outside until it runs.
    if memory.phase != .waiting { memory.phase = .starting }
    if !memory.desired.spec.supervision.afterStop.isEmpty { memory.owesAfterStop = true }
    return [
      .start(StartOrder(attempt: attempt, desired: memory.desired, ports: memory.ports))
    ]
  }

  mutating func armTimer(_ delay: Duration) -> (TimerID, LifecycleAction) {
    timersArmed += 1
    let timer = TimerID(timersArmed)
    return (timer, .armTimer(timer, after: delay))
  }

  var told: [LifecycleAction] { [.record, .report] }
}
