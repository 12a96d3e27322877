// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Taking in what an agent reports of one placement, and telling people what changed.
extension CoordinatorCore {
  mutating func take(_ status: PlacementStatus, from host: HostID, now: Now) {
    guard let entry = placements[status.epoch], entry.placement.host == host else { return }
    let before = entry.status
    placements[status.epoch]!.status = withSharedKnobs(status)
    if status.phase == .running, before?.phase != .running || before?.pid != status.pid {
      placements[status.epoch]!.runsSince = now.monotonic
    }
    outbox.touchedEpochs.insert(status.epoch)
    touch(entry.placement)
    lookAtSlot(of: entry.placement.instance)
    if draining.contains(host) { changedDrains.insert(host) }
    tellStart(status, before: before, entry: entry, now: now)
    tellExit(status, before: before, entry: entry, now: now)
    tellHealth(status, before: before, entry: entry, now: now)
    tellResize(status, before: before, entry: entry, now: now)
    noteWork(status, entry: entry, now: now)
    noteCrash(status, before: before, entry: entry, now: now)
  }

  /// What the instances of a service tell of their limits is nearly always the same, and the largest part of a status.
  private mutating func withSharedKnobs(_ status: PlacementStatus) -> PlacementStatus {
    let service = status.instance.service
    guard let known = services[service]?.knobs else { return status }
    guard known == status.knobs else {
      services[service]!.knobs = status.knobs
      return status
    }
    var shared = status
    shared.knobs = known
    return shared
  }

  private mutating func tellStart(
    _ status: PlacementStatus, before: PlacementStatus?, entry: PlacementEntry, now: Now
  ) {
    guard status.phase == .running, before?.pid != status.pid else { return }
    // After our own restart every agent tells everything again: that is no start.
    if before == nil, entry.isRemembered { return }
    let pid = status.pid.map { " as process \($0)" } ?? ""
    emit(
      "started", instance: status.instance, host: entry.placement.host, now: now,
      "Runs on \(entry.placement.host)\(pid) (epoch \(status.epoch)).")
    // A job's tries all start; what counts there is how they end.
    if !entry.placement.spec.workload.isFinite {
      services[status.instance.service]?.backoff[status.instance.slot] = nil
    }
  }

  private mutating func tellExit(
    _ status: PlacementStatus, before: PlacementStatus?, entry: PlacementEntry, now: Now
  ) {
    if status.phase == .failed, before?.phase != .failed {
      emit(
        .error, "failed", instance: status.instance, host: entry.placement.host, now: now,
        "Failed on \(entry.placement.host): \(status.message).")
      return
    }
    guard let exit = status.lastExit, before?.lastExit != exit else { return }
    if before == nil, entry.isRemembered { return }
    let next =
      switch status.phase {
      case .waiting, .running, .starting: " It is started again."
      case .ended: " Its restart policy leaves it ended."
      case .stopping, .failed: ""
      }
    emit(
      exit.status.isSuccess || entry.isStopping ? .info : .warning, "exited",
      instance: status.instance, host: entry.placement.host, now: now,
      "Its process \(exit.summary), on \(entry.placement.host).\(next)")
  }

  private mutating func tellResize(
    _ status: PlacementStatus, before: PlacementStatus?, entry: PlacementEntry, now: Now
  ) {
    guard let revision = status.resourcesRevision, let old = before?.resourcesRevision,
      revision > old
    else { return }
    let missed = status.knobs.filter { !$0.isInForce }
    if missed.isEmpty {
      emit(
        "resized", instance: status.instance, host: entry.placement.host, now: now,
        "Resized without a restart; read back from the kernel.")
    } else {
      let reasons = missed.map { "\($0.knob): \($0.note ?? "not as asked")" }
      emit(
        .warning, "resize-incomplete", instance: status.instance, host: entry.placement.host,
        now: now, "Not in force: \(reasons.joined(separator: "; ")).")
    }
  }
}
