// SPDX-License-Identifier: Apache-2.0

/// How far a job, a daemon or a cron is, within a `ServiceView`.
package struct WorkView: Hashable, Sendable, Codable {
  package enum State: String, Hashable, Sendable, Codable {
    /// A daemon, or a run that is under way.
    case active
    /// A cron between two runs.
    case idle
    case succeeded, failed
  }

  package struct Run: Hashable, Sendable, Codable {
    package var number: Int
    package var trigger: JobRun.Trigger
    package var scheduledAt: Timestamp?
    package var startedAt: Timestamp
    package var finishedAt: Timestamp?
    package var outcome: JobRun.Outcome?
    package var completions: Int
    package var succeeded: Int
    package var failedTries: Int
    /// Why it ended as it did, or the last failed try.
    package var message: String

    enum CodingKeys: String, CodingKey {
      case number, trigger, outcome, completions, succeeded, message
      case scheduledAt = "scheduled_at"
      case startedAt = "started_at"
      case finishedAt = "finished_at"
      case failedTries = "failed_tries"
    }

    package init(_ run: JobRun) {
      number = run.number
      trigger = run.trigger
      scheduledAt = run.scheduledAt
      startedAt = run.startedAt
      finishedAt = run.finishedAt
      outcome = run.outcome
      completions = run.completions
      succeeded = run.done.count
      failedTries = run.failedTries
      message = run.reason.isEmpty ? run.lastFailure ?? "" : run.reason
    }
  }

  package var state: State
  /// How many instances are wanted at this moment.
  package var wanted: Int
  /// Newest last; empty for a daemon.
  package var runs: [Run]
  /// The next time of a cron's schedule.
  package var nextRun: Timestamp?
  /// In a sentence.
  package var message: String

  enum CodingKeys: String, CodingKey {
    case state, wanted, runs, message
    case nextRun = "next_run"
  }

  package init(
    state: State, wanted: Int, runs: [Run] = [], nextRun: Timestamp? = nil, message: String
  ) {
    self.state = state
    self.wanted = wanted
    self.runs = runs
    self.nextRun = nextRun
    self.message = message
  }
}
