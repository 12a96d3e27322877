// SPDX-License-Identifier: Apache-2.0

/// When a cron runs and what becomes of runs that meet or were missed: the keys below `cron`.
package struct CronSettings: Hashable, Sendable {
  package static let largestKeepRuns = 100

  /// What happens when a run is due and one before it has not ended.
  package enum Concurrency: String, Hashable, Sendable, Codable, CaseIterable {
    /// They run side by side.
    case allow
    /// The new one is left out.
    case forbid
    /// The older one is ended, then the new one begins.
    case replace
  }

  /// What happens to times that passed while no coordinator could start the run.
  package enum Missed: String, Hashable, Sendable, Codable, CaseIterable {
    /// They are told, and that is all.
    case skip
    /// One run makes up for all of them.
    case runOnce = "run_once"
  }

  /// Five fields or a word such as @daily; see `CronSchedule`.
  package var schedule: String
  /// A name of the IANA time zone database. Default UTC.
  package var timeZone: String
  package var concurrency: Concurrency
  package var missed: Missed
  /// A run that could not be begun so long after its time counts as missed. Default 1 min.
  package var startingDeadline: Span
  /// How many ended runs are remembered. Default 3.
  package var keepRuns: Int

  package init(
    schedule: String, timeZone: String = "UTC", concurrency: Concurrency = .forbid,
    missed: Missed = .skip, startingDeadline: Span = .seconds(60), keepRuns: Int = 3
  ) {
    self.schedule = schedule
    self.timeZone = timeZone
    self.concurrency = concurrency
    self.missed = missed
    self.startingDeadline = startingDeadline
    self.keepRuns = keepRuns
  }

  var faults: [SpecFault] {
    var faults: [SpecFault] = []
    do throws(CronError) {
      _ = try CronSchedule(schedule)
    } catch {
      faults.append(SpecFault(["cron", "schedule"], "\"\(schedule)\" \(error)"))
    }
    if startingDeadline < .seconds(1) {
      faults.append(
        SpecFault(["cron", "starting_deadline"], "\(startingDeadline) is less than 1s"))
    }
    if !(0...Self.largestKeepRuns).contains(keepRuns) {
      faults.append(
        SpecFault(["cron", "keep_runs"], "\(keepRuns) is outside 0 to \(Self.largestKeepRuns)"))
    }
    return faults
  }
}

extension CronSettings: Codable {
  enum CodingKeys: String, CodingKey {
    case schedule, concurrency, missed
    case timeZone = "time_zone"
    case startingDeadline = "starting_deadline"
    case keepRuns = "keep_runs"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(schedule: try values.decode(String.self, forKey: .schedule))
    timeZone = try values.decodeIfPresent(String.self, forKey: .timeZone) ?? timeZone
    concurrency =
      try values.decodeIfPresent(Concurrency.self, forKey: .concurrency) ?? concurrency
    missed = try values.decodeIfPresent(Missed.self, forKey: .missed) ?? missed
    startingDeadline =
      try values.decodeIfPresent(Span.self, forKey: .startingDeadline) ?? startingDeadline
    keepRuns = try values.decodeIfPresent(Int.self, forKey: .keepRuns) ?? keepRuns
  }
}
