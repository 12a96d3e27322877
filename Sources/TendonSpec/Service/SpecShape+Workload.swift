// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecShape {
  /// The keys of `Workload`.
  static let workload: [Field] = [
    Field(
      "kind",
      "service is kept running, job runs to completion, daemon runs once on every host that matches, cron runs by a "
        + "schedule.",
      byDefault: .string(Workload.Kind.service.rawValue),
      .word(Workload.Kind.allCases.map(\.rawValue))),
    Field(
      "hosts", "Labels, with their values, that a host must have to run any of it.",
      .map(
        keys: TextRules.labelKey, values: .written(TextRules.any),
        hint: "write one label: value per line")),
    Field("job", "How a job, or each run of a cron, is done.", job),
    Field("cron", "When a cron runs.", cron),
  ]

  private static let job: Shape = .object(
    [
      Field(
        "completions", "How many instances have to end with status 0.", byDefault: .number(1),
        .integer(1...JobSettings.largestCompletions)),
      Field(
        "parallelism", "How many run at one time, at most.", byDefault: .number(1),
        .integer(1...JobSettings.largestParallelism)),
      Field(
        "backoff_limit", "How many failed tries the job survives; one more makes it fail.",
        byDefault: .number(6), .integer(0...JobSettings.largestBackoffLimit)),
      Field(
        "deadline", "How long the job may take from its beginning; without it, for ever.",
        quantity(Span.self)),
      Field(
        "keep", "How long ended instances and their output stay once the job is over.",
        byDefault: .string("1h"), quantity(Span.self)),
    ], hint: "write {completions: 5, parallelism: 2}")

  private static let cron: Shape = .object(
    [
      Field(
        "schedule",
        "minute, hour, day of the month, month, day of the week, as in crontab; or @hourly, @daily, @weekly, "
          + "@monthly, @yearly.",
        required: true, .text(TextRules.schedule)),
      Field(
        "time_zone", "The time zone of the schedule, such as Europe/Berlin.",
        byDefault: .string("UTC"), .text(TextRules.timeZone)),
      Field(
        "concurrency", "What happens when a run is due and the one before it has not ended.",
        byDefault: .string(CronSettings.Concurrency.forbid.rawValue),
        .word(CronSettings.Concurrency.allCases.map(\.rawValue))),
      Field(
        "missed", "What happens to times that passed while no coordinator ran.",
        byDefault: .string(CronSettings.Missed.skip.rawValue),
        .word(CronSettings.Missed.allCases.map(\.rawValue))),
      Field(
        "starting_deadline", "A run that could not begin so long after its time is missed.",
        byDefault: .string("1m"), quantity(Span.self)),
      Field(
        "keep_runs", "How many ended runs are remembered.", byDefault: .number(3),
        .integer(0...CronSettings.largestKeepRuns)),
    ], hint: "write {schedule: \"0 3 * * *\"}")
}

extension TextRules {
  static let schedule = TextRule(expected: "a schedule, such as \"0 3 * * *\"", pattern: nil) {
    text in
    do throws(CronError) {
      _ = try CronSchedule(text)
      return nil
    } catch {
      return error.description
    }
  }

  static let timeZone = TextRule(
    expected: "a time zone, such as UTC or Europe/Berlin",
    pattern: "^[A-Za-z][A-Za-z0-9_+/-]*$"
  ) { text in
    guard TimeZoneFolder.isName(text) else {
      return "is not a time zone, such as UTC or Europe/Berlin"
    }
    return TimeZoneFolder.system.lacks(text)
      ? "is no time zone of this machine (\(TimeZoneFolder.system.path)); write one such as Europe/Berlin"
      : nil
  }
}
