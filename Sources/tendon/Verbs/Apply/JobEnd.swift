// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonModel

/// Waits for the newest runs of jobs and crons to end, and for daemons to run everywhere.
struct JobEnd {
  let limit: Span

  /// How often it asks.
  private static let interval = Duration.milliseconds(250)

  /// - Throws: `CLIError.notDone` with what is missing once the time is over, or as soon as a run has failed.
  func wait(for services: [ServiceName], _ client: TendonClient, console: Console) async throws {
    let deadline = ContinuousClock.now + limit.duration
    for name in services {
      while true {
        let view = try await client.service(name)
        guard let work = view.work else { break }
        if view.spec.workload.kind == .daemon, view.running >= work.wanted { break }
        let run = work.runs.last
        if let run, let outcome = run.outcome {
          guard outcome == .succeeded else {
            throw CLIError.notDone(
              "\(name) did not succeed:",
              missing: ["run \(run.number) \(outcome.rawValue): \(run.message)"])
          }
          try console.note("\(name): run \(run.number) succeeded: \(run.message)")
          break
        }
        guard ContinuousClock.now < deadline else {
          throw CLIError.notDone(
            "not ended after \(limit):",
            missing: [
              "\(name): \(view.running) of \(work.wanted) run; \(work.message)"
            ])
        }
        try await Task.sleep(for: Self.interval)
      }
    }
  }
}
