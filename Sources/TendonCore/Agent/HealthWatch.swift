// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// One attempt of a probe that is to be made.
package struct ProbeAttempt: Hashable, Sendable {
  package var kind: ProbeKind
  package var probe: Probe
  /// Counts attempts within one watch; an answer to another than the last of its kind is stale.
  package var number: UInt64
  /// How long to wait before it.
  package var delay: Duration
}

/// What a program told through its notify socket.
package enum Notification: Hashable, Sendable {
  case ready
  case stopping
  case alive
  /// It asks to be restarted as if its watchdog had expired.
  case trigger
  case status(String)
}

/// What an agent must not forget of a process's health over its own restart.
package struct HealthMemory: Hashable, Sendable, Codable {
  package var isStartedUp: Bool
  package var hasNotified: Bool
  package var isReady: Bool

  enum CodingKeys: String, CodingKey {
    case isStartedUp = "started_up"
    case hasNotified = "notified"
    case isReady = "ready"
  }
}

/// The health of one running process: its probes, what it tells of itself, and its watchdog. A value; the lifecycle
/// owns one for each run.
///
/// The startup probe gates the others. Ready is: started up, `READY=1` where that is asked for, and a readiness probe
/// that passes. Failing startup, liveness or watchdog is fatal: the lifecycle ends the process.
package struct HealthWatch: Hashable, Sendable {
  package enum Effect: Hashable, Sendable {
    case attempt(ProbeAttempt)
    /// Ask again whether the watchdog was fed, after this time.
    case watchdog(after: Duration)
    /// It became ready, or is not ready for this reason, which is another than before.
    case readyChanged(Bool, reason: String)
    /// The process is to be restarted. Said once.
    case fatal(String, isWatchdog: Bool)
    /// The program's own words.
    case status(String)
  }

  private struct Asked: Hashable, Sendable {
    var number: UInt64
    var startsAt: MonotonicTime
  }

  private var machines: [ProbeKind: ProbeMachine] = [:]
  private let notify: NotifySettings
  private let gatesReadiness: Bool
  private var asked: [ProbeKind: Asked] = [:]
  /// How many attempts were asked for, by this watch and those before it.
  private(set) var attempts: UInt64
  /// When it was last heard; nil while the watchdog does not count yet.
  private var aliveAt: MonotonicTime?
  /// When the next look at it is due.
  private var lookAt: MonotonicTime?
  /// A look that comes later than this tells of us, not of the program.
  private static let heldUp = Duration.milliseconds(500)
  private var isOver = false
  /// Why it is not ready, as it was last told.
  private var toldReason: String?
  package private(set) var memory: HealthMemory

  /// - Parameters:
  ///   - memory: what was known of this very process before; nil for one that has just been started.
  ///   - attempts: how many attempts were numbered before, whose answers may still come.
  package init(
    _ supervision: Supervision, memory: HealthMemory? = nil, after attempts: UInt64 = 0
  ) {
    self.attempts = attempts
    notify = supervision.notify
    gatesReadiness = supervision.gatesReadiness
    let known =
      memory
      ?? HealthMemory(
        isStartedUp: supervision.probes.startup == nil, hasNotified: !supervision.notify.ready,
        isReady: !supervision.gatesReadiness)
    self.memory = known
    for kind in ProbeKind.allCases {
      guard let probe = supervision.probes[kind] else { continue }
      let isPassing =
        switch kind {
        case .startup: known.isStartedUp
        case .readiness: known.isReady
        case .liveness: false
        }
      machines[kind] = ProbeMachine(kind, probe, isPassing: isPassing)
    }
  }

  /// Whether it can serve; nil where nothing is there to show it.
  package var isReady: Bool? { gatesReadiness ? memory.isReady : nil }

  /// Whether anything is to be watched at all.
  package var isIdle: Bool { machines.isEmpty && !notify.isUsed }

  /// Why it is not ready; nil when it is.
  package var waitsFor: String? {
    if !memory.isStartedUp { return "its startup probe has not passed yet" }
    if !memory.hasNotified { return "it has not sent READY=1 yet" }
    if case .failing(let reason)? = machines[.readiness]?.verdict { return reason }
    if machines[.readiness]?.verdict.isPassing == false {
      return "its readiness probe has not passed yet"
    }
    return nil
  }

  /// The process runs, from `now` on or since before.
  package mutating func begin(now: MonotonicTime) -> [Effect] {
    toldReason = waitsFor
    var effects = watchdogIfDue(now: now) + readiness()
    if memory.isStartedUp {
      effects += askTheOthers(now: now)
    } else {
      effects += ask(.startup, after: initialDelay(.startup), now: now)
    }
    return effects
  }

  private func initialDelay(_ kind: ProbeKind) -> Duration {
    machines[kind]?.probe.initialDelay.duration ?? .zero
  }

  private mutating func askTheOthers(now: MonotonicTime) -> [Effect] {
    ask(.readiness, after: initialDelay(.readiness), now: now)
      + ask(.liveness, after: initialDelay(.liveness), now: now)
  }

  private mutating func ask(
    _ kind: ProbeKind, after delay: Duration, now: MonotonicTime
  ) -> [Effect] {
    guard let probe = machines[kind]?.probe else { return [] }
    attempts += 1
    asked[kind] = Asked(number: attempts, startsAt: now + delay)
    return [
      .attempt(ProbeAttempt(kind: kind, probe: probe, number: attempts, delay: delay))
    ]
  }

  /// Whether the attempt is the one that is waited for.
  package func expects(_ attempt: ProbeAttempt) -> Bool {
    !isOver && asked[attempt.kind]?.number == attempt.number
  }

  /// An attempt ended.
  package mutating func probed(
    _ kind: ProbeKind, number: UInt64, _ outcome: ProbeOutcome, now: MonotonicTime
  ) -> [Effect] {
    guard !isOver, let attempt = asked[kind], attempt.number == number else { return [] }
    asked[kind] = nil
    let change = machines[kind]?.took(outcome)
    var effects: [Effect] = []
    switch (kind, change) {
    case (.startup, .passing):
      memory.isStartedUp = true
      effects += readiness() + askTheOthers(now: now)
      return effects
    case (.startup, .failing(let reason)), (.liveness, .failing(let reason)):
      isOver = true
      return [.fatal(reason, isWatchdog: false)]
    case (.readiness, .some): effects += readiness()
    default: break
    }
    let interval = machines[kind]?.probe.interval.duration ?? .zero
    let next = attempt.startsAt + interval
    return effects + ask(kind, after: max(.zero, next - now), now: now)
  }

  /// The program told something.
  package mutating func notified(_ notification: Notification, now: MonotonicTime) -> [Effect] {
    guard !isOver else { return [] }
    switch notification {
    case .ready:
      guard !memory.hasNotified else { return [] }
      memory.hasNotified = true
      return watchdogIfDue(now: now) + readiness()
    case .stopping:
      guard notify.ready, memory.hasNotified else { return [] }
      memory.hasNotified = false
      return readiness()
    case .alive:
      if aliveAt != nil { aliveAt = now }
      return []
    case .trigger:
      guard notify.watchdog != nil else { return [] }
      isOver = true
      return [.fatal("it sent WATCHDOG=trigger", isWatchdog: true)]
    case .status(let text): return [.status(text)]
    }
  }

  /// The watchdog counts from `READY=1` where that is asked for, else from the start.
  private mutating func watchdogIfDue(now: MonotonicTime) -> [Effect] {
    guard let limit = notify.watchdog, memory.hasNotified, aliveAt == nil else { return [] }
    aliveAt = now
    return [lookAgain(after: limit.duration, now: now)]
  }

  private mutating func lookAgain(after delay: Duration, now: MonotonicTime) -> Effect {
    lookAt = now + delay
    return .watchdog(after: delay)
  }

  /// The time of the last `.watchdog` is over.
  package mutating func watchdogOver(now: MonotonicTime) -> [Effect] {
    guard !isOver, let limit = notify.watchdog, let aliveAt else { return [] }
    let left = aliveAt + limit.duration - now
    if left > .zero { return [lookAgain(after: left, now: now)] }
    if let lookAt, now - lookAt > Self.heldUp {
      // This agent was stopped or held up, and what the program sent meanwhile is still to be read.
      self.aliveAt = now
      return [lookAgain(after: limit.duration, now: now)]
    }
    isOver = true
    return [.fatal("it sent no WATCHDOG=1 for \(limit)", isWatchdog: true)]
  }

  private mutating func readiness() -> [Effect] {
    let waitsFor = waitsFor
    let isReady = waitsFor == nil
    guard gatesReadiness, isReady != memory.isReady || toldReason != waitsFor else { return [] }
    memory.isReady = isReady
    toldReason = waitsFor
    return [.readyChanged(isReady, reason: waitsFor ?? "")]
  }
}
