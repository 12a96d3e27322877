// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What a lifecycle asks of the shell. The actions of one placement are done one after the other, in the
/// order they were asked for.
package enum LifecycleAction: Hashable, Sendable {
  /// Make the cgroup, write its limits, hand out ports, open the logs and spawn; answered by `spawned`
  /// or `startFailed`.
  case start(StartOrder)
  /// Write and read back; answered by `limitsApplied` or `limitsFailed`.
  case applyLimits(Resources, revision: Revision)
  /// Send SIGTERM to the main process. Not answered: its end is an `exited`.
  case signalTerm(ProcessKey)
  /// Answered by `timerOver`.
  case armTimer(TimerID, after: Duration)
  /// Kill whatever is in the cgroup and wait until it is empty; answered by `cgroupEmpty` or `killFailed`.
  case killCgroup
  /// Answered by `cgroupRemoved` or `removeFailed`.
  case removeCgroup
  /// Tell tendon-init to forget the exit.
  case acknowledgeExit(ProcessKey)
  /// Give the ports back.
  case releasePorts
  /// Make the memory durable.
  case persist(PlacementMemory)
  /// Make the memory, as it is then, durable within a moment: after what somebody waits for.
  case persistSoon
  /// Remove the record: nothing is left of the placement.
  case forget
  /// Its status is to be reported to the coordinator.
  case report
  /// Its removal is to be reported to the coordinator.
  case reportRemoved
}

/// What a start needs to know.
package struct StartOrder: Hashable, Sendable {
  /// Counts starts of this placement in one agent's life, from 1.
  package var attempt: Int
  package var desired: DesiredPlacement
  /// Those of the last start, to be used again; empty when there was none.
  package var ports: [String: UInt16]

  package init(attempt: Int, desired: DesiredPlacement, ports: [String: UInt16]) {
    self.attempt = attempt
    self.desired = desired
    self.ports = ports
  }
}
