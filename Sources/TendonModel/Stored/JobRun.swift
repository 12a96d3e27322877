// SPDX-License-Identifier: Apache-2.0

/// One run of a job or a cron: what it is to do and how far it is. Durable with the service's record.
package struct JobRun: Hashable, Sendable, Codable {
  package enum Trigger: String, Hashable, Sendable, Codable {
    /// The spec was applied.
    case applied
    /// Its time came.
    case scheduled
    /// It makes up for runs that were missed.
    case missed
    /// Somebody asked for it.
    case manual
  }

  package enum Outcome: String, Hashable, Sendable, Codable {
    case succeeded, failed
    /// A later run took its place.
    case replaced
  }

  /// Counts the runs of one service from 1.
  package var number: Int
  package var trigger: Trigger
  /// The time of the schedule that it stands for.
  package var scheduledAt: Timestamp?
  package var startedAt: Timestamp
  package var finishedAt: Timestamp?
  /// nil while it runs.
  package var outcome: Outcome?
  /// Why it ended as it did.
  package var reason: String
  /// Its slots are this one and as many after it as it has completions.
  package var firstSlot: Int
  package var completions: Int
  /// Placements with a lower epoch belong to runs before it, whatever their slot.
  package var sinceEpoch: Epoch
  /// Slots whose instance ended with status 0.
  package var done: SlotSet
  /// Failed tries that are over.
  package var failures: Int
  /// The last failed try: which instance, where, how it ended.
  package var lastFailure: String?
  /// Failed tries of placements that still are, by epoch: their agent starts them again by itself.
  package var triesByEpoch: [String: Int]

  enum CodingKeys: String, CodingKey {
    case number, trigger, outcome, reason, completions, done, failures
    case scheduledAt = "scheduled_at"
    case startedAt = "started_at"
    case finishedAt = "finished_at"
    case firstSlot = "first_slot"
    case sinceEpoch = "since_epoch"
    case lastFailure = "last_failure"
    case triesByEpoch = "tries"
  }

  package init(
    number: Int, trigger: Trigger, scheduledAt: Timestamp? = nil, startedAt: Timestamp,
    firstSlot: Int, completions: Int, sinceEpoch: Epoch
  ) {
    self.number = number
    self.trigger = trigger
    self.scheduledAt = scheduledAt
    self.startedAt = startedAt
    self.firstSlot = firstSlot
    self.completions = completions
    self.sinceEpoch = sinceEpoch
    reason = ""
    done = SlotSet()
    failures = 0
    triesByEpoch = [:]
  }

  package var slots: Range<Int> { firstSlot..<firstSlot + completions }
  package var isFinished: Bool { outcome != nil }
  /// All failed tries.
  package var failedTries: Int { failures + triesByEpoch.values.reduce(0, +) }
}

/// The runs of a job or a cron, as its record keeps them.
package struct RunBook: Hashable, Sendable, Codable {
  /// The number of the newest run; 0 before the first.
  package var lastNumber = 0
  /// Where the next run of a cron has its first slot: the slot of a run with one completion is its number.
  package var nextSlot = 1
  /// Those under way and the newest that ended, oldest first.
  package var runs: [JobRun] = []
  /// The newest time of the schedule that was decided on: run, skipped or missed.
  package var lastScheduled: Timestamp?

  enum CodingKeys: String, CodingKey {
    case runs
    case lastNumber = "last_number"
    case nextSlot = "next_slot"
    case lastScheduled = "last_scheduled"
  }

  package init() {}

  /// The index of the run that a placement belongs to.
  package func index(slot: Int, epoch: Epoch) -> Int? {
    runs.lastIndex { $0.slots.contains(slot) && $0.sinceEpoch <= epoch }
  }

  package var active: [JobRun] { runs.filter { !$0.isFinished } }
}
