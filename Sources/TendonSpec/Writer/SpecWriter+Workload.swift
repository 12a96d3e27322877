// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecWriter {
  /// What differs from the default.
  static func lines(_ workload: Workload) -> [String] {
    var lines: [String] = []
    if workload.kind != .service { lines.append("kind: \(workload.kind.rawValue)") }
    lines += map("hosts", workload.hosts)
    if let job = workload.job {
      lines += [
        "job:", "  completions: \(job.completions)", "  parallelism: \(job.parallelism)",
        "  backoff_limit: \(job.backoffLimit)",
      ]
      if let deadline = job.deadline { lines.append("  deadline: \(deadline)") }
      lines.append("  keep: \(job.keep)")
    }
    if let cron = workload.cron {
      lines += [
        "cron:", "  schedule: \(scalar(cron.schedule))", "  time_zone: \(scalar(cron.timeZone))",
        "  concurrency: \(cron.concurrency.rawValue)", "  missed: \(cron.missed.rawValue)",
        "  starting_deadline: \(cron.startingDeadline)", "  keep_runs: \(cron.keepRuns)",
      ]
    }
    return lines
  }
}
