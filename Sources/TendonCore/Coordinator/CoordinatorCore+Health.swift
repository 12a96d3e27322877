// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Telling people how instances that run are.
extension CoordinatorCore {
  mutating func tellHealth(
    _ status: PlacementStatus, before: PlacementStatus?, entry: PlacementEntry, now: Now
  ) {
    // After our own restart every agent tells everything again: that is no change.
    if before == nil, entry.isRemembered { return }
    tellReadiness(status, before: before, entry: entry, now: now)
    tellCrashLoop(status, before: before, entry: entry, now: now)
  }

  private mutating func tellReadiness(
    _ status: PlacementStatus, before: PlacementStatus?, entry: PlacementEntry, now: Now
  ) {
    // Without probes it is ready once it runs, which is told as its start.
    guard status.ready != nil, status.phase == .running else { return }
    let isSameProcess = before?.pid == status.pid
    let wasReady = isSameProcess && before?.isReady == true
    guard wasReady != status.isReady else { return }
    if status.isReady {
      emit(
        "ready", instance: status.instance, host: entry.placement.host, now: now,
        "Is ready on \(entry.placement.host).")
    } else {
      emit(
        .warning, "not-ready", instance: status.instance, host: entry.placement.host, now: now,
        "Is \(status.message), on \(entry.placement.host).")
    }
  }

  private mutating func tellCrashLoop(
    _ status: PlacementStatus, before: PlacementStatus?, entry: PlacementEntry, now: Now
  ) {
    let host = entry.placement.host
    switch (before?.crashLoop, status.crashLoop) {
    case (nil, let count?):
      let lines = status.lastExit?.lastLines ?? []
      let words = lines.isEmpty ? "" : " It last wrote: \(lines.joined(separator: " | "))"
      emit(
        .error, "crash-loop", instance: status.instance, host: host, now: now,
        "In a crash loop on \(host): it ended \(count) times in a row. The last time: "
          + "\(status.lastExit?.summary ?? status.message).\(words)")
    case (.some, nil) where status.phase == .running:
      emit(
        "crash-loop-over", instance: status.instance, host: host, now: now,
        "Runs on \(host) for longer than its backoff's healthy_after: its crash loop is over.")
    default: break
    }
  }
}
