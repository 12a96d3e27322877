// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import tendon

@Suite("Lists of services")
struct ServiceListTests {
  /// The cells of a service's row that have something in them, by title.
  private func row(_ view: ServiceView) -> [String: String] {
    let now = Timestamp(millisecondsSinceEpoch: 0)
    let cells = ServiceView.columns.map { ($0.title, $0.cell(view, now).text) }
    return Dictionary(uniqueKeysWithValues: cells).filter { $0.value != Cell("").text }
  }

  private func view(_ workload: Workload, running: Int, _ work: WorkView?) throws -> ServiceView {
    var spec = try Samples.spec("sums", replicas: 1)
    spec.workload = workload
    return ServiceView(
      spec: spec, revision: Revision(1), running: running, pending: 0, overrides: [:], work: work)
  }

  private func run(_ number: Int, done: Int, _ outcome: JobRun.Outcome?) -> WorkView.Run {
    var run = JobRun(
      number: number, trigger: .scheduled, startedAt: Timestamp(millisecondsSinceEpoch: 0),
      firstSlot: 0, completions: 5, sinceEpoch: Epoch(1))
    for slot in 0..<done { run.done.insert(slot) }
    run.outcome = outcome
    run.finishedAt = outcome.map { _ in Timestamp(millisecondsSinceEpoch: 60_000) }
    return WorkView.Run(run)
  }

  @Test("A job shows how many of its completions are done, and what runs of what may.")
  func job() throws {
    let work = WorkView(
      state: .active, wanted: 2, runs: [run(1, done: 3, nil)], message: "under way")
    let row = row(try view(Workload(kind: .job), running: 2, work))
    #expect(row["KIND"] == "job" && row["DONE"] == "3/5" && row["RUNNING"] == "2/2")
    #expect(row["LAST-RUN"] == nil && row["NEXT-RUN"] == nil)
  }

  @Test("A cron shows its next run, and how the last that ended went.")
  func cron() throws {
    let work = WorkView(
      state: .active, wanted: 1, runs: [run(7, done: 5, .succeeded), run(8, done: 0, nil)],
      nextRun: Timestamp(millisecondsSinceEpoch: 120_000), message: "")
    let row = row(
      try view(
        Workload(kind: .cron, cron: CronSettings(schedule: "* * * * *")), running: 1, work))
    #expect(row["KIND"] == "cron" && row["DONE"] == "0/5")
    #expect(row["NEXT-RUN"] == "1970-01-01T00:02:00.000Z")
    #expect(row["LAST-RUN"] == "7 succeeded 1970-01-01T00:01:00.000Z")
  }

  @Test("A service shows its replicas, a daemon its hosts.")
  func others() throws {
    let service = row(try view(Workload(), running: 1, nil))
    #expect(service["KIND"] == "service" && service["RUNNING"] == "1/1" && service["DONE"] == nil)
    let work = WorkView(state: .active, wanted: 3, message: "wanted on 3 hosts")
    #expect(row(try view(Workload(kind: .daemon), running: 2, work))["RUNNING"] == "2/3")
  }
}
