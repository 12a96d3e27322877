// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What a lifecycle asks of the shell. The actions of one placement are done one after the other, in the
/// order they were asked for. Indirect, because many wait at a time, and most carry less than the largest.
package indirect enum LifecycleAction: Hashable, Sendable {
  /// Make the cgroup, write its limits, hand out ports, open the logs and spawn; answered by `spawned`
  /// or `startFailed`.
  case start(StartOrder)
  /// Write and read back; answered by `limitsApplied` or `limitsFailed`.
  case applyLimits(Resources, revision: Revision)
  /// Send a signal to the main process. Not answered: its end is an `exited`.
  case signal(ProcessKey, Int32)
  /// At once, whatever was asked for before. Answered by `timerOver`.
  case armTimer(TimerID, after: Duration)
  /// Answered by `hookEnded` once the hook and all that it left behind have ended. `before_start` is a part of `start`.
  case runHook(HookRun)
  /// Kill the hooks that run, at once, whatever was asked for before; each is answered as one that failed.
  case endHooks
  /// Make the attempt when its delay is over, bounded by its time-out; answered by `probed`.
  case probe(ProbeAttempt)
  /// Kill whatever is in the cgroup and wait until it is empty; answered by `cgroupEmpty` or `killFailed`.
  case killCgroup
  /// Answered by `cgroupRemoved` or `removeFailed`.
  case removeCgroup
  /// Make the memory, as it is when it is written, durable, and only then tell tendon-init to forget the exit. Nothing
  /// waits for it.
  case recordExit(ProcessKey)
  /// Tell tendon-init to forget the exit.
  case acknowledgeExit(ProcessKey)
  /// Give the ports back.
  case releasePorts
  /// Make the memory durable before anything else is done.
  case persist(PlacementMemory)
  /// Begin to make the memory, as it is when it is written, durable. Nothing waits for it.
  case record
  /// Make the memory, as it is then, durable within a moment: after what somebody waits for.
  case persistSoon
  /// Remove the record: nothing is left of the placement.
  case forget
  /// Its status is to be reported to the coordinator.
  case report
  /// Its removal is to be reported to the coordinator.
  case reportRemoved
}

extension LifecycleAction {
  /// Whether it is a start, or the record that a placement's first start waits for.
  package var beginsStart: Bool {
    switch self {
    case .start, .persist: true
    default: false
    }
  }
}

/// One run of a hook.
package struct HookRun: Hashable, Sendable {
  /// Unique within the placement's life under one agent.
  package var id: UInt64
  package var hook: Hook
  package var command: [String]

  package enum Hook: String, Hashable, Sendable {
    case beforeStart = "before_start"
    case beforeStop = "before_stop"
    case afterStop = "after_stop"
  }
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
