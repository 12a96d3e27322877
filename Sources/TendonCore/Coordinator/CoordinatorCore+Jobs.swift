// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Runs of jobs and crons: what each still needs, and how it ends.
extension CoordinatorCore {
  /// Of one run, so many ended instances are kept to be looked at; each costs a record on its host.
  static var mostKeptInstances: Int { 100 }
  /// Of a job, so many runs are remembered; a cron says itself.
  static var keptJobRuns: Int { 3 }

  mutating func settleRuns(of name: ServiceName, now: Now) {
    guard let service = services[name] else { return }
    for run in service.record.runs?.active ?? [] { checkDeadline(of: run, name, now: now) }
    stopStrays(of: name)
    var attempted: Set<Int> = []
    for run in services[name]?.record.runs?.runs ?? [] {
      if run.isFinished {
        endInstances(of: run, name, now: now)
      } else {
        attempted.formUnion(advance(run, name, now: now))
      }
    }
    for slot in services[name]!.pending.keys where !attempted.contains(slot) {
      setPending(InstanceID(service: name, slot: slot), nil, now: now)
    }
    scheduleLook(at: name)
  }

  /// Begins a run; those before it are left as they are.
  mutating func beginRun(
    of name: ServiceName, _ trigger: JobRun.Trigger, scheduledAt: Timestamp? = nil, now: Now
  ) {
    guard let service = services[name] else { return }
    let workload = service.record.spec.workload
    var book = service.record.runs ?? RunBook()
    book.lastNumber += 1
    let completions = workload.jobSettings.completions
    var first = 0
    if workload.kind == .cron {
      first = book.nextSlot
      book.nextSlot += completions
    }
    let run = JobRun(
      number: book.lastNumber, trigger: trigger, scheduledAt: scheduledAt, startedAt: now.wall,
      firstSlot: first, completions: completions, sinceEpoch: nextEpoch)
    book.runs.append(run)
    let kept = workload.kind == .cron ? workload.cron?.keepRuns ?? 0 : Self.keptJobRuns
    book.prune(keeping: kept)
    services[name]!.record.runs = book
    for slot in run.slots where services[name]!.backoff[slot] != nil {
      services[name]!.backoff[slot] = nil
    }
    runsChanged(name)
    let parallelism = workload.jobSettings.parallelism
    let how =
      completions == 1
      ? "" : ": \(completions) completions, \(parallelism) at a time"
    emit(
      "run-started", service: name, now: now,
      "Run \(run.number) began (\(run.trigger.words(scheduledAt)))\(how).")
  }

  /// Ends a run; what still runs of it is stopped when the service is settled.
  mutating func finishRun(
    _ number: Int, of name: ServiceName, _ outcome: JobRun.Outcome, event: String,
    because reason: String, now: Now
  ) {
    guard var book = services[name]?.record.runs,
      let index = book.runs.firstIndex(where: { $0.number == number && !$0.isFinished })
    else { return }
    book.runs[index].outcome = outcome
    book.runs[index].finishedAt = now.wall
    book.runs[index].reason = reason
    let workload = services[name]!.record.spec.workload
    book.prune(
      keeping: workload.kind == .cron ? max(1, workload.cron?.keepRuns ?? 0) : Self.keptJobRuns)
    services[name]!.record.runs = book
    runsChanged(name)
    let severity: ClusterEvent.Severity =
      switch outcome {
      case .succeeded: .info
      case .replaced: .warning
      case .failed: .error
      }
    emit(
      severity, event, service: name, now: now,
      "Run \(number) \(outcome == .replaced ? "was ended" : outcome.rawValue): \(reason).")
  }

  /// A report of an instance of a run came in.
  mutating func noteWork(_ status: PlacementStatus, entry: PlacementEntry, now: Now) {
    guard entry.placement.spec.workload.isFinite else { return }
    if status.phase.isFinal { release(status.epoch) }
    let name = status.instance.service
    guard var book = services[name]?.record.runs, services[name]?.record.isDeleted == false,
      let index = book.index(slot: status.instance.slot, epoch: status.epoch),
      !book.runs[index].isFinished
    else { return }
    let before = book.runs[index]
    let hasFailed = book.runs[index].note(status, on: entry.placement.host)
    let run = book.runs[index]
    guard run != before else { return }
    services[name]!.record.runs = book
    runsChanged(name)
    if hasFailed, status.phase.isFinal { countFailure(of: status.instance, now: now) }
    concludeIfOver(run, name, now: now)
  }

  private mutating func concludeIfOver(_ run: JobRun, _ name: ServiceName, now: Now) {
    let limit = services[name]!.record.spec.workload.jobSettings.backoffLimit
    let took = (now.wall - run.startedAt).forPeople
    let tries =
      run.failedTries == 0
      ? "" : ", after \(counted(run.failedTries, "failed try", "failed tries"))"
    if run.done.count >= run.completions {
      finishRun(
        run.number, of: name, .succeeded, event: "run-succeeded",
        because:
          "\(run.done.count) of \(counted(run.completions, "completion")) in \(took)\(tries)",
        now: now)
    } else if run.failedTries > limit {
      finishRun(
        run.number, of: name, .failed, event: "run-failed",
        because:
          "\(counted(run.failedTries, "failed try", "failed tries")), and backoff_limit is \(limit); the last: "
          + "\(run.lastFailure ?? "unknown"); \(run.done.count) of "
          + "\(counted(run.completions, "completion")) were done", now: now)
    }
  }

  /// Nothing is left of a placement on its host.
  mutating func noteForgotten(_ placement: DesiredPlacement) {
    let (name, slot) = (placement.instance.service, placement.instance.slot)
    guard var book = services[name]?.record.runs,
      let index = book.index(slot: slot, epoch: placement.epoch)
    else { return }
    let before = book.runs[index]
    book.runs[index].forget(placement.epoch)
    guard book.runs[index] != before else { return }
    services[name]!.record.runs = book
    runsChanged(name)
  }

  mutating func runsChanged(_ name: ServiceName) {
    outbox.changedRuns.insert(name)
    outbox.touchedServices.insert(name)
    dirtyServices.insert(name)
  }

  private mutating func checkDeadline(of run: JobRun, _ name: ServiceName, now: Now) {
    guard let deadline = services[name]!.record.spec.workload.jobSettings.deadline,
      run.startedAt + deadline <= now.wall
    else { return }
    finishRun(
      run.number, of: name, .failed, event: "deadline-exceeded",
      because: "its deadline of \(deadline) is over, with \(run.done.count) of "
        + "\(counted(run.completions, "completion")) done"
        + (run.lastFailure.map { "; the last failed try: \($0)" } ?? ""), now: now)
  }

  /// Placements that belong to no run that is remembered: of a spec before, of another kind.
  private mutating func stopStrays(of name: ServiceName) {
    guard let service = services[name] else { return }
    for (slot, epochs) in service.slots {
      for epoch in epochs.sorted() where service.record.runs?.index(slot: slot, epoch: epoch) == nil
      {
        stop(epoch, because: "its run is over and no longer remembered")
      }
    }
  }
}

extension RunBook {
  /// Forgets the oldest of the runs that ended.
  mutating func prune(keeping limit: Int) {
    var surplus = runs.count(where: \.isFinished) - limit
    runs.removeAll { run in
      guard run.isFinished, surplus > 0 else { return false }
      surplus -= 1
      return true
    }
  }
}

extension JobRun.Trigger {
  /// Why a run began.
  func words(_ scheduledAt: Timestamp?) -> String {
    switch self {
    case .applied: "its spec was applied"
    case .scheduled: "scheduled for \(scheduledAt?.description ?? "now")"
    case .missed: "to make up for \(scheduledAt?.description ?? "a missed time")"
    case .manual: "by hand"
    }
  }
}

extension Span {
  /// Rounded to what matters: `850ms`, `12s`, `5m`.
  var forPeople: String {
    let size: Int64 =
      switch milliseconds {
      case ..<1000: 1
      case ..<600_000: 1000
      default: 60_000
      }
    return Span(milliseconds: milliseconds / size * size).description
  }
}
