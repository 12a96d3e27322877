// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What can happen to a placement, as its lifecycle hears it.
package enum LifecycleEvent: Hashable, Sendable {
  /// It is new: start it.
  case begin
  /// The coordinator's newest wish for it: other resources, another restart policy.
  case desired(DesiredPlacement)
  case stopAsked
  /// The host's lease has ended, and it was fenced: its cgroup was killed.
  case leaseEnded
  /// `start` did all its steps.
  case spawned(SpawnOutcome)
  /// `start` ended at a step; nothing runs.
  case startFailed(StartFailure)
  case limitsApplied(LimitsOutcome)
  case limitsFailed(revision: Revision, reason: String)
  /// The process ended and was reaped. May be told more than once for one process.
  case exited(ProcessKey, ExitReport)
  case timerOver(TimerID)
  /// A hook of `runHook` ended; with the reason where it failed.
  case hookEnded(UInt64, failure: String?)
  /// An attempt of `probe` ended.
  case probed(ProbeKind, number: UInt64, ProbeOutcome)
  /// The program told something through its notify socket.
  case notified(Notification)
  /// After `killCgroup`: no process is left in it, or it does not exist.
  case cgroupEmpty
  case killFailed(reason: String)
  /// After `removeCgroup`.
  case cgroupRemoved
  case removeFailed(reason: String)
  /// After a restart of the agent: the process of the record runs.
  case adopted(ProcessKey, runningSince: MonotonicTime)
  /// After a restart of the agent: nothing of it runs, and no exit is known.
  case nothingFound
  /// After a restart of the agent: the record is of an earlier boot.
  case hostRebooted
}

/// The result of a start.
package struct SpawnOutcome: Hashable, Sendable {
  /// Of the `start` that it answers.
  package var attempt: Int
  package var process: ProcessKey
  package var ports: [String: UInt16]
  package var limits: LimitsOutcome
  /// `oom_kill` of the cgroup's memory.events before the spawn.
  package var oomKills: UInt64
  /// The uid that it got from the host's pool; nil where the spec names its user.
  package var dynamicUser: UInt32?

  package init(
    attempt: Int, process: ProcessKey, ports: [String: UInt16], limits: LimitsOutcome,
    oomKills: UInt64, dynamicUser: UInt32? = nil
  ) {
    self.dynamicUser = dynamicUser
    self.oomKills = oomKills
    self.attempt = attempt
    self.process = process
    self.ports = ports
    self.limits = limits
  }
}

/// Why a start did not come about.
package struct StartFailure: Hashable, Sendable {
  /// Of the `start` that it answers.
  package var attempt: Int
  /// What was being done: `cgroup`, `ports`, `exec`.
  package var step: String
  /// The error in words, such as `No such file or directory`.
  package var reason: String
  /// What had been handed out until then.
  package var ports: [String: UInt16]
  /// What had been written until then.
  package var limits: LimitsOutcome?

  package init(
    attempt: Int, step: String, reason: String, ports: [String: UInt16] = [:],
    limits: LimitsOutcome? = nil
  ) {
    self.attempt = attempt
    self.step = step
    self.reason = reason
    self.ports = ports
    self.limits = limits
  }
}

/// Names one armed timer of one placement; a timer whose number the state no longer holds is stale.
package struct TimerID: Hashable, Sendable {
  package var rawValue: UInt64

  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}
