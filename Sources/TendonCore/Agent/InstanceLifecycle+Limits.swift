// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Changes to a placement that needs no new process.
extension InstanceLifecycle {
  mutating func desiredChanged(_ desired: DesiredPlacement, now: Now) -> [LifecycleAction] {
    precondition(desired.epoch == memory.desired.epoch, "an epoch is a placement's identity")
    guard desired != memory.desired, !memory.isStopAsked else { return [] }
    let isResize = desired.resourcesRevision != memory.desired.resourcesRevision
    let isWatchedAnew =
      desired.spec.supervision.probes != memory.desired.spec.supervision.probes
    memory.desired = desired
    let watch = isWatchedAnew ? watchHealthAnew(now: now) : []
    guard isResize, takesLimits else { return [.record] + watch }
    // A user waits for the limits. A crash before the record is written is made up for by the next snapshot.
    return [.applyLimits(desired.resources, revision: desired.resourcesRevision), .persistSoon]
      + watch
  }

  /// Whether there is, or is about to be, a cgroup that goes on being used.
  private var takesLimits: Bool {
    switch state {
    case .running, .starting, .waiting: true
    case .clearing(let clearing): clearing.next.restarts
    case .tidying(let tidying): tidying.next.restarts
    case .new, .restored, .stopping, .removing, .final, .gone: false
    }
  }

  mutating func limitsApplied(_ outcome: LimitsOutcome, now: Now) -> [LifecycleAction] {
    noteLimits(outcome, now: now)
    return [.report, .persistSoon]
  }

  mutating func limitsFailed(_ revision: Revision, _ reason: String) -> [LifecycleAction] {
    guard revision == memory.desired.resourcesRevision else { return [] }
    memory.message = "its new limits could not be written: \(reason)"
    return [.report, .persistSoon]
  }

  /// Answers may come out of order only across a start and a resize: the newer revision stays.
  mutating func noteLimits(_ outcome: LimitsOutcome, now: Now) {
    if let known = memory.limits, known.revision > outcome.revision { return }
    memory.limits = outcome
    if let mark = MemoryLimitMark(at: now.wall, outcome.knobs) {
      memory.memoryLimits = memory.memoryLimits ?? []
      memory.memoryLimits?.note(mark)
    }
  }

  /// After a restart of the agent: what the agent before it may not have written.
  func limitsIfBehind() -> [LifecycleAction] {
    let wanted = memory.desired.resourcesRevision
    guard memory.limits?.revision != wanted else { return [] }
    return [.applyLimits(memory.desired.resources, revision: wanted)]
  }
}
