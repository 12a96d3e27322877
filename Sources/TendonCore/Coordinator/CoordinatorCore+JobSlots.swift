// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The instances of a run.
extension CoordinatorCore {
  /// Places what a run that is under way still needs, as many at a time as it may.
  /// - Returns: the slots that may wait for a host.
  mutating func advance(_ run: JobRun, _ name: ServiceName, now: Now) -> Set<Int> {
    let settings = services[name]!.record.spec.workload.jobSettings
    var open: Set<Int> = []
    var causes: [Int: SlotPlan.PlaceCause] = [:]
    var ended: [Epoch] = []
    let service = services[name]!
    for slot in service.slots.keys.sorted() where run.slots.contains(slot) {
      let isDone = run.done.contains(slot)
      let copies = copies(of: slot, in: run, service, now: now)
      ended += copies.filter { !$0.isOpen }.map(\.epoch)
      // Nothing is left but what is stopping: as if it were empty.
      if copies.isEmpty { continue }
      for action in JobPlan.actions(copies: copies, isDone: isDone) {
        switch action {
        case .stop(let epoch, let by):
          let reason =
            by.map { "the newer try with epoch \($0) takes its place" }
            ?? "its completion is done"
          stop(epoch, because: reason)
        case .place(let cause): causes[slot] = cause
        }
      }
      if !isDone, causes[slot] == nil { open.insert(slot) }
    }
    trim(ended)
    var attempted: Set<Int> = []
    if let blocker = blocker(of: run, name) {
      guard let slot = run.slots.first(where: { !run.done.contains($0) }) else { return [] }
      setPending(InstanceID(service: name, slot: slot), "waits for \(blocker) to end", now: now)
      return [slot]
    }
    var count = open.count
    for slot in run.slots where !run.done.contains(slot) && !open.contains(slot) {
      if count >= settings.parallelism { break }
      attempted.insert(slot)
      let instance = InstanceID(service: name, slot: slot)
      if place(instance, because: causes[slot] ?? .new, now: now) {
        setPending(instance, nil, now: now)
        count += 1
      } else if services[name]!.backoff[slot].map({ $0.notBefore <= now.monotonic }) ?? true {
        // One that waits for a host holds its place; one that waits after a failure does not.
        count += 1
      }
    }
    return attempted
  }

  /// What a spec of one of these kinds is in an instance: its run, and its number within it, in the environment.
  func specForRun(
    _ shared: Shared<ServiceSpec>, _ instance: InstanceID
  ) -> Shared<ServiceSpec> {
    var spec = shared.wrappedValue
    guard spec.workload.isFinite,
      let run = services[instance.service]?.record.runs?.active
        .last(where: { $0.slots.contains(instance.slot) })
    else { return shared }
    spec.env["TENDON_RUN"] = spec.env["TENDON_RUN"] ?? String(run.number)
    spec.env["TENDON_COMPLETION"] =
      spec.env["TENDON_COMPLETION"] ?? String(instance.slot - run.firstSlot)
    return Shared(wrappedValue: spec)
  }

  /// Stops what still runs of a run that ended, and what ended once it has been kept for its time.
  mutating func endInstances(of run: JobRun, _ name: ServiceName, now: Now) {
    let keep = services[name]!.record.spec.workload.jobSettings.keep
    let isOver = run.finishedAt.map { $0 + keep <= now.wall } ?? true
    var ended: [Epoch] = []
    let service = services[name]!
    for slot in service.slots.keys.sorted() where run.slots.contains(slot) {
      for copy in copies(of: slot, in: run, service, now: now) {
        if copy.isOpen {
          // One that was not heard of may be the one that succeeded.
          if copy.state == .unknown, run.done.contains(slot), !isOver { continue }
          stop(copy.epoch, because: "run \(run.number) is over: \(run.reason)")
        } else if isOver {
          stop(copy.epoch, because: "it ended, and was kept for \(keep)")
        } else {
          ended.append(copy.epoch)
        }
      }
    }
    trim(ended)
  }

  /// When the service has to be looked at next though nothing happens.
  mutating func scheduleLook(at name: ServiceName) {
    guard let service = services[name], let book = service.record.runs else { return }
    let settings = service.record.spec.workload.jobSettings
    var times: [Timestamp] = []
    for run in book.runs {
      if let finishedAt = run.finishedAt {
        let isLeft = service.slots.contains { slot, epochs in
          epochs.contains {
            book.index(slot: slot, epoch: $0).map { book.runs[$0].number } == run.number
              && placements[$0]?.isStopping == false
          }
        }
        if isLeft { times.append(finishedAt + settings.keep) }
      } else if let deadline = settings.deadline {
        times.append(run.startedAt + deadline)
      }
    }
    if let next = service.nextRun?.at { times.append(next) }
    workLooks[name] = times.min()
  }

  private func copies(
    of slot: Int, in run: JobRun, _ service: ServiceEntry, now: Now
  ) -> [JobPlan.Copy] {
    // A later run may have the same slots.
    let next = service.record.runs?.runs.first {
      $0.number > run.number && $0.slots.contains(slot)
    }
    return (service.slots[slot] ?? []).compactMap { epoch in
      guard epoch >= run.sinceEpoch, next.map({ epoch < $0.sinceEpoch }) ?? true,
        let entry = placements[epoch], !entry.isStopping
      else { return nil }
      return JobPlan.Copy(
        epoch: epoch, isLost: isLost(entry, now: now),
        state: JobPlan.State(entry.status))
    }
  }

  /// What of a run before this one may still run, where this one has to wait for that: it has its slots, or was to be
  /// replaced by it. What is on a host that is down is not waited for.
  private func blocker(of run: JobRun, _ name: ServiceName) -> InstanceID? {
    guard let service = services[name], let book = service.record.runs else { return nil }
    let older = service.slots.filter { $0.value.contains { $0 < run.sinceEpoch } }
    for (slot, epochs) in older.sorted(by: { $0.key < $1.key }) {
      for epoch in epochs.sorted() where epoch < run.sinceEpoch {
        guard let entry = placements[epoch],
          detector.state(of: entry.placement.host) != .down,
          entry.status?.phase.isFinal != true
        else { continue }
        let owner = book.index(slot: slot, epoch: epoch).map { book.runs[$0] }
        // Without an owner: of a run that was forgotten before it had ended, or of another kind of work.
        if run.slots.contains(slot) || owner?.outcome == .replaced || owner == nil {
          return entry.placement.instance
        }
      }
    }
    return nil
  }

  /// Keeps only the newest of the instances that ended.
  private mutating func trim(_ ended: [Epoch]) {
    guard ended.count > Self.mostKeptInstances else { return }
    for epoch in ended.sorted().dropLast(Self.mostKeptInstances) {
      stop(epoch, because: "it ended, and of one run the newest \(Self.mostKeptInstances) are kept")
    }
  }
}
