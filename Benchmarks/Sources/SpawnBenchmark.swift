// SPDX-License-Identifier: Apache-2.0
import Logging
import TendonAgent
import TendonModel

/// One run of a tiny static program in a cgroup of its own, from nothing to nothing: by Tendon, and by what else is
/// installed, in turn.
enum SpawnBenchmark {
  private static let rounds = 2000
  private static let sporadicRounds = 60
  private static let warmUps = 100
  private static let block = 100
  private static let floorName = "the same system calls from C, one thread"

  static func run() async throws -> [BenchResult] {
    try await NativeHost.with { host in
      let path = try await SpawnPath(try host.configuration("path"))
      // Each time the same run of the same instance, as when it is restarted: its log files are there, its cgroup is not.
      let placement = try host.placement(epoch: 1, command: [host.nothing])
      try path.keepService(of: placement)
      for _ in 0..<warmUps { _ = try await path.run(placement) }
      let floor = SpawnFloor(
        slice: path.slice(of: placement), program: host.nothing, limits: path.written)
      var runs: [SpawnPath.Stages] = []
      var floors: [Double] = []
      // In turn, so that whatever else the machine does disturbs both alike.
      for _ in 0..<rounds / block {
        for _ in 0..<block { runs.append(try await path.run(placement)) }
        for _ in 0..<block { floors.append(try floor.run()) }
      }
      var sporadic: [Double] = []
      var sporadicFloors: [Double] = []
      for _ in 0..<sporadicRounds {
        try await Task.sleep(for: .milliseconds(100))
        sporadic.append(try await path.run(placement).whole.microseconds)
        try await Task.sleep(for: .milliseconds(100))
        sporadicFloors.append(try floor.run())
      }
      try await path.end()
      let recorded = try await recorded(host)
      return [
        row("spawn_p50_us", runs.map(\.whole.microseconds), .atMost(300), note: host.limits),
        row("spawn_p50_us", floors, nil, peer: floorName),
        ratio("spawn_to_floor", runs.map(\.whole.microseconds), floors),
        row("spawn_prepare_p50_us", runs.map(\.prepare.microseconds), nil, note: "of it"),
        row("spawn_start_p50_us", runs.map(\.spawn.microseconds), nil, note: "of it"),
        row("spawn_exit_p50_us", runs.map(\.exit.microseconds), nil, note: "of it"),
        row("spawn_remove_p50_us", runs.map(\.remove.microseconds), nil, note: "of it"),
        row("spawn_sporadic_p50_us", sporadic, .atMost(500), note: host.limits),
        row("spawn_sporadic_p50_us", sporadicFloors, nil, peer: floorName),
        ratio("spawn_sporadic_to_floor", sporadic, sporadicFloors),
        row("spawn_recorded_p50_us", recorded, nil, note: "through the agent, records synced"),
      ] + (try SpawnPeers.run(host))
    }
  }

  /// From the coordinator's wish to the end of it all, with what is written down on the way.
  private static func recorded(_ host: NativeHost) async throws -> [Double] {
    try await LocalAgent.with(try host.configuration("agent"), log: quiet()) { agent in
      var times: [Double] = []
      for epoch in UInt64(1)...300 {
        let placement = try host.placement(epoch: epoch, command: [host.nothing])
        let start = ContinuousClock.now
        await agent.want([placement])
        var isOver = false
        while !isOver {
          isOver = try await agent.nextReport().statuses.contains {
            $0.epoch == Epoch(epoch) && $0.phase == .ended
          }
        }
        times.append((ContinuousClock.now - start).microseconds)
        await agent.end([Epoch(epoch)])
        while !(try await agent.nextReport()).removed.contains(Epoch(epoch)) {}
      }
      return times
    }
  }

  static func quiet() -> Logger {
    var log = Logger(label: "bench")
    log.logLevel = .critical
    return log
  }

  private static func ratio(_ name: String, _ times: [Double], _ floors: [Double]) -> BenchResult {
    BenchResult(
      group: "spawn", name: name, value: times.median / floors.median, unit: "x", n: times.count,
      note: "median through tendon-init, over the floor's")
  }

  static func row(
    _ name: String, _ times: [Double], _ target: BenchTarget?, unit: String = "us",
    peer: String? = nil, note: String? = nil
  ) -> BenchResult {
    BenchResult(
      group: "spawn", name: name, value: times.median, unit: unit, n: times.count, peer: peer,
      target: target, note: note)
  }
}
