// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// How jobs, daemons and crons are shown.
extension CoordinatorCore {
  /// nil for a service that is kept running.
  func workView(of service: ServiceEntry) -> WorkView? {
    let workload = service.record.spec.workload
    let book = service.record.runs ?? RunBook()
    let runs = book.runs.map(WorkView.Run.init)
    let parallelism = workload.jobSettings.parallelism
    let wanted = book.active.reduce(0) { $0 + min(parallelism, $1.completions - $1.done.count) }
    switch workload.kind {
    case .service: return nil
    case .daemon:
      let count = service.record.daemonSlots?.count ?? 0
      return WorkView(
        state: .active, wanted: count, message: "wanted on \(counted(count, "host"))")
    case .job:
      guard let run = book.runs.last else {
        return WorkView(state: .active, wanted: 0, message: "is about to begin")
      }
      return WorkView(
        state: run.outcome == .succeeded ? .succeeded : run.isFinished ? .failed : .active,
        wanted: wanted, runs: runs, message: words(for: run))
    case .cron:
      let message =
        service.nextRun == nil
        ? (timeZones[workload.cron?.timeZone ?? ""] == nil
          ? "never runs: the coordinator's machine has no time zone \(workload.cron?.timeZone ?? "")"
          : "its next run is not known yet")
        : book.runs.last.map(words) ?? "has not run yet"
      return WorkView(
        state: book.active.isEmpty ? .idle : .active, wanted: wanted, runs: runs,
        nextRun: service.nextRun?.at, message: message)
    }
  }

  private func words(for run: JobRun) -> String {
    guard let outcome = run.outcome else {
      let failed =
        run.failedTries == 0
        ? ""
        : ", \(counted(run.failedTries, "failed try", "failed tries")), the last: \(run.lastFailure ?? "unknown")"
      return "run \(run.number) has \(run.done.count) of "
        + "\(counted(run.completions, "completion")) done\(failed)"
    }
    return
      "run \(run.number) \(outcome == .replaced ? "was ended" : outcome.rawValue): \(run.reason)"
  }

  /// What a service of one of these kinds has to say for itself.
  func workEvidence(_ view: ServiceView, _ work: WorkView) -> [String] {
    let workload = view.spec.workload
    var evidence: [String] = []
    if !workload.hosts.isEmpty {
      let labels = workload.hosts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      evidence.append("only on hosts with \(labels.joined(separator: ", "))")
    }
    if let cron = workload.cron {
      evidence.append("schedule: \(cron.schedule) in \(cron.timeZone)")
      if let next = work.nextRun { evidence.append("next run: \(next)") }
    }
    for run in work.runs.reversed() {
      var line = "run \(run.number): \(run.outcome?.rawValue ?? "under way"), \(run.succeeded) of "
      line += "\(counted(run.completions, "completion")), "
      line += "\(counted(run.failedTries, "failed try", "failed tries")), began \(run.startedAt)"
      if let finishedAt = run.finishedAt { line += ", ended \(finishedAt)" }
      evidence.append(line + (run.message.isEmpty ? "" : ": \(run.message)"))
    }
    if workload.isFinite {
      let job = workload.jobSettings
      evidence.append(
        "fails with more than \(counted(job.backoffLimit, "failed try", "failed tries"))"
          + (job.deadline.map { ", or after \($0)" } ?? ""))
    }
    return evidence
  }

  func workSummary(_ view: ServiceView, _ work: WorkView) -> String {
    let name = view.spec.name
    let kind = view.spec.workload.kind.rawValue
    if view.spec.workload.kind == .daemon {
      return "\(name) is a daemon: it runs on \(view.running) of "
        + "\(counted(work.wanted, "host")) that match"
    }
    return "\(name) is a \(kind), \(work.state.rawValue): \(work.message)"
  }
}
