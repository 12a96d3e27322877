// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonAgent
import TendonCore
import TendonModel

/// An instance is killed: how long until it runs again, where the spec asks for no delay.
enum RestartBenchmark {
  private static let kills = 200

  static func run() async throws -> [BenchResult] {
    try await NativeHost.with { host in
      try await LocalAgent.with(try host.configuration("restart"), log: SpawnBenchmark.quiet()) {
        agent in
        var placement = try host.placement(epoch: 1, command: [host.idle], restart: .always)
        placement.spec.supervision.backoff.delay = Span(milliseconds: 0)
        await agent.want([placement])
        var times: [Double] = []
        var pid = try await running(agent, after: 0)
        for _ in 0..<kills {
          try await Task.sleep(for: .milliseconds(10))
          let start = ContinuousClock.now
          kill(pid, SIGKILL)
          pid = try await running(agent, after: pid)
          times.append((ContinuousClock.now - start).milliseconds)
        }
        await agent.end([Epoch(1)])
        while !(try await agent.nextReport()).removed.contains(Epoch(1)) {}
        return [
          BenchResult(
            group: "restart", name: "restart_p50_ms", value: times.median, unit: "ms",
            n: times.count, target: .atMost(5), note: host.limits),
          BenchResult(
            group: "restart", name: "restart_max_ms", value: times.max() ?? 0, unit: "ms",
            n: times.count),
        ]
      }
    }
  }

  private static func running(_ agent: LocalAgent, after pid: Int32) async throws -> Int32 {
    while true {
      for status in try await agent.nextReport().statuses where status.phase == .running {
        if let now = status.pid, now != pid { return now }
      }
    }
  }
}
