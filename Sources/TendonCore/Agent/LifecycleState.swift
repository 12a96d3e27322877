// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Where a lifecycle stands. What outlives the agent is in `PlacementMemory`.
package enum LifecycleState: Hashable, Sendable {
  /// Fresh, before `begin`.
  case new
  /// Read from a record; the shell looks for what became of it.
  case restored
  /// `start` is under way.
  case starting(Starting)
  case running(Running)
  /// The process ended; what it left in the cgroup is being killed.
  case clearing(Clearing)
  /// Between two starts.
  case waiting(TimerID)
  case stopping(Stopping)
  /// Its empty cgroup is being removed.
  case removing(Removing)
  /// Ended or failed (`PlacementMemory.phase`); only told, until the coordinator asks for its end.
  case final
  /// Nothing is left of it.
  case gone

  package struct Starting: Hashable, Sendable {
    package var attempt: Int
    /// Ends that were heard of before the answer to the start: a process may be that short.
    package var earlyExits: [EarlyExit] = []
  }

  package struct EarlyExit: Hashable, Sendable {
    package var process: ProcessKey
    package var exit: ExitReport
  }

  package struct Running: Hashable, Sendable {
    package var process: ProcessKey
    package var since: MonotonicTime
  }

  package struct Clearing: Hashable, Sendable {
    package var next: AfterClearing
    /// Armed when the kill has to be tried again.
    package var retry: TimerID?

    var restarts: Bool {
      if case .restart = next { true } else { false }
    }
  }

  package enum AfterClearing: Hashable, Sendable {
    case restart(at: MonotonicTime)
    case finish(PlacementPhase)
    case leave
  }

  package struct Stopping: Hashable, Sendable {
    package var process: ProcessKey
    /// The end of its grace, or the next try to kill.
    package var timer: TimerID
    package var isKilled: Bool
    package var isEmpty: Bool
  }

  package struct Removing: Hashable, Sendable {
    /// nil: leave nothing.
    package var finish: PlacementPhase?
    package var retry: TimerID?
  }
}
