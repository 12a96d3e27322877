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
  /// `after_stop` runs.
  case tidying(Tidying)
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
  }

  package enum AfterClearing: Hashable, Sendable {
    case restart(at: MonotonicTime)
    case finish(PlacementPhase)
    case leave

    var restarts: Bool {
      if case .restart = self { true } else { false }
    }
  }

  package struct Tidying: Hashable, Sendable {
    package var next: AfterClearing
    package var hook: UInt64
    /// The end of the hook's time.
    package var timer: TimerID
  }

  package struct Stopping: Hashable, Sendable {
    package enum Stage: Hashable, Sendable {
      /// `before_stop` runs.
      case hook(UInt64)
      /// The stop signal was sent.
      case signalled
      case killed
    }

    package var process: ProcessKey
    package var stage: Stage
    /// The end of the hook's time or of its grace, or the next try to kill.
    package var timer: TimerID
    package var isEmpty = false
    /// Why it is ended.
    package var reason: String
    /// Whether it failed rather than being asked to end: its restart policy decides what follows.
    package var isUnhealthy: Bool
    /// Whether the host's lease ended: then it is never started again here.
    package var isFenced = false

    var isKilled: Bool { stage == .killed }
  }

  package struct Removing: Hashable, Sendable {
    /// nil: leave nothing.
    package var finish: PlacementPhase?
    package var retry: TimerID?
  }
}
