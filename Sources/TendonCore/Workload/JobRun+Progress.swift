// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What reports of its instances do to a run.
extension JobRun {
  /// Takes in a report of one of its placements; a repeated one changes nothing.
  /// - Returns: whether another try has failed.
  package mutating func note(_ status: PlacementStatus, on host: HostID) -> Bool {
    let state = JobPlan.State(status)
    if state == .succeeded { done.insert(status.instance.slot) }
    let key = String(status.epoch.rawValue)
    let before = triesByEpoch[key] ?? 0
    let tries = Self.failedTries(status, state)
    guard tries > before else { return false }
    triesByEpoch[key] = tries
    let how =
      status.phase != .failed && status.lastExit != nil
      ? status.lastExit.map { "\($0.status)\($0.outOfMemory ? ", out of memory" : "")" } ?? ""
      : status.message
    lastFailure = "\(status.instance) on \(host): \(how)"
    return true
  }

  /// Nothing is left of a placement on its host, so nothing more will be told of it.
  package mutating func forget(_ epoch: Epoch) {
    guard let tries = triesByEpoch.removeValue(forKey: String(epoch.rawValue)) else { return }
    failures += tries
  }

  /// How often it has failed so far. An agent that starts it again by itself (restart: on-failure) counts restarts; one
  /// that waits, or has failed for good, has failed once more than that. What a reboot ended did not fail: it had
  /// started, and nobody saw it exit.
  private static func failedTries(_ status: PlacementStatus, _ state: JobPlan.State) -> Int {
    let isLost = status.phase == .failed && status.startedAt != nil && status.lastExit == nil
    let hasFailed = status.phase == .waiting || state == .failed
    return status.restarts + (hasFailed && !isLost ? 1 : 0)
  }
}
