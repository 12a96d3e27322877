// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecDecoder {
  func workload() -> Workload {
    let kind = text("kind").flatMap(Workload.Kind.init(rawValue:))
    // Of a kind that is no kind nothing else can be said.
    if kind == nil, faults.contains(where: { $0.path == SpecPath(["kind"]) }) { return Workload() }
    return Workload(
      kind: kind ?? .service, hosts: map("hosts"), job: has("job") ? job() : nil,
      cron: has("cron") ? cron() : nil)
  }

  private func has(_ key: String) -> Bool { node(SpecPath([key])) != nil }

  private func job() -> JobSettings {
    let byDefault = JobSettings()
    return JobSettings(
      completions: integer("job", "completions") ?? byDefault.completions,
      parallelism: integer("job", "parallelism") ?? byDefault.parallelism,
      backoffLimit: integer("job", "backoff_limit") ?? byDefault.backoffLimit,
      deadline: quantity("job", "deadline"), keep: quantity("job", "keep") ?? byDefault.keep)
  }

  private func cron() -> CronSettings {
    // A schedule that is missing or wrong was reported with the shape's faults.
    let byDefault = CronSettings(schedule: "@yearly")
    return CronSettings(
      schedule: text("cron", "schedule") ?? byDefault.schedule,
      timeZone: text("cron", "time_zone") ?? byDefault.timeZone,
      concurrency: text("cron", "concurrency").flatMap(CronSettings.Concurrency.init(rawValue:))
        ?? byDefault.concurrency,
      missed: text("cron", "missed").flatMap(CronSettings.Missed.init(rawValue:))
        ?? byDefault.missed,
      startingDeadline: quantity("cron", "starting_deadline") ?? byDefault.startingDeadline,
      keepRuns: integer("cron", "keep_runs") ?? byDefault.keepRuns)
  }
}
