// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Schedules: which time has come, and what follows.
extension CoordinatorCore {
  /// Runs of one cron at the same time (concurrency: allow), at most.
  static var mostConcurrentRuns: Int { 50 }
  /// A wall clock that was set back by more than this makes a schedule begin anew.
  static var clockTolerance: Span { .seconds(300) }

  /// The rules of a time zone that a cron may name; the shell reads them before `apply`, and when it starts.
  package mutating func learn(_ rules: TimeZoneRules, of timeZone: String) {
    timeZones[timeZone] = rules
  }

  /// The time zones that the stored crons name.
  package var namedTimeZones: Set<String> {
    Set(services.values.compactMap { $0.record.spec.workload.cron?.timeZone })
  }

  mutating func settleCron(_ name: ServiceName, now: Now) {
    runWhatIsDue(name, now: now)
    settleRuns(of: name, now: now)
  }

  private mutating func runWhatIsDue(_ name: ServiceName, now: Now) {
    guard let cron = services[name]?.record.spec.workload.cron,
      // A spec with a wrong schedule is refused, so this is one that can be read.
      let schedule = try? CronSchedule(cron.schedule), let zone = timeZones[cron.timeZone]
    else { return }
    var last = services[name]!.record.runs?.lastScheduled ?? now.wall
    if last > now.wall + Self.clockTolerance {
      emit(
        .warning, "clock-set-back", service: name, now: now,
        "The wall clock was before the last scheduled time, \(last): the schedule goes on from now."
      )
      last = now.wall
    }
    let basis = ServiceEntry.CronBasis(
      last: last, schedule: cron.schedule, timeZone: cron.timeZone)
    if services[name]!.nextRun?.basis != basis {
      let next = schedule.next(after: last.wholeSeconds, in: zone)
      services[name]!.nextRun = next.map { (Timestamp(seconds: $0), basis) }
      setLastScheduled(last, of: name)
    }
    guard let next = services[name]!.nextRun?.at, next <= now.wall,
      let decision = CronPlan.decide(schedule, in: zone, cron, last: last, now: now.wall)
    else { return }
    setLastScheduled(decision.newest, of: name)
    tellMissed(decision, name, cron, now: now)
    if let time = decision.run { startScheduled(name, at: time, cron, decision, now: now) }
    let after = schedule.next(after: decision.newest.wholeSeconds, in: zone)
    let newBasis = ServiceEntry.CronBasis(
      last: decision.newest, schedule: cron.schedule, timeZone: cron.timeZone)
    services[name]!.nextRun = after.map { (Timestamp(seconds: $0), newBasis) }
  }

  private mutating func startScheduled(
    _ name: ServiceName, at time: Timestamp, _ cron: CronSettings, _ decision: CronPlan.Decision,
    now: Now
  ) {
    if let refusal = makeWay(for: "the run scheduled for \(time)", name, cron, now: now) {
      emit(
        .warning, "run-skipped", service: name, now: now,
        "The run scheduled for \(time) was skipped: \(refusal).")
      return
    }
    beginRun(
      of: name, decision.makesUp ? .missed : .scheduled, scheduledAt: time, now: now)
  }

  /// Ends runs under way where the concurrency policy says so.
  /// - Returns: why there can be no further run; nil when there can.
  mutating func makeWay(
    for what: String, _ name: ServiceName, _ cron: CronSettings, now: Now
  ) -> String? {
    let active = services[name]!.record.runs?.active ?? []
    guard let oldest = active.first else { return nil }
    switch cron.concurrency {
    case .allow:
      return active.count < Self.mostConcurrentRuns
        ? nil : "\(active.count) runs are under way already, the oldest since \(oldest.startedAt)"
    case .forbid:
      return "run \(oldest.number) is still under way, and concurrency is forbid"
    case .replace:
      for run in active {
        finishRun(
          run.number, of: name, .replaced, event: "run-replaced",
          because: "\(what) takes its place", now: now)
      }
      return nil
    }
  }

  private mutating func tellMissed(
    _ decision: CronPlan.Decision, _ name: ServiceName, _ cron: CronSettings, now: Now
  ) {
    guard let first = decision.firstMissed else { return }
    let count = decision.missed
    let atLeast = count == CronPlan.mostCounted ? "At least " : ""
    let since = count == 1 ? "\(first)" : "the first \(first)"
    let then =
      decision.run == nil
      ? "none is made up for (missed: skip)"
      : decision.makesUp ? "one run makes up for all" : "the newest is run"
    emit(
      .warning, "run-missed", service: name, now: now,
      "\(atLeast)\(counted(count, "run")) could not begin within \(cron.startingDeadline) of the time, \(since): \(then)."
    )
  }

  mutating func setLastScheduled(_ time: Timestamp, of name: ServiceName) {
    var book = services[name]!.record.runs ?? RunBook()
    guard book.lastScheduled != time else { return }
    book.lastScheduled = time
    services[name]!.record.runs = book
    outbox.changedRuns.insert(name)
    outbox.touchedServices.insert(name)
  }
}
