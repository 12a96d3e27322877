// SPDX-License-Identifier: Apache-2.0

/// What can be asked of measurements.
struct BenchOptions: Sendable {
  /// How long `false-downs` loses packets at 10 %.
  var lossMinutes: Int
  var placement = PlacementBenchmark.Options()
}

/// Measurements that are run together.
struct BenchGroup: Sendable {
  let name: String
  let run: @Sendable (BenchOptions) async throws -> [BenchResult]

  /// Every group there is, in the order they are run.
  static let all = [
    BenchGroup(name: "placement") { options in try await PlacementBenchmark.run(options.placement)
    },
    BenchGroup(name: "heartbeat") { _ in try await HeartbeatBenchmark.run() },
    BenchGroup(name: "resize") { _ in try await ResizeBenchmark.run() },
    BenchGroup(name: "failover") { _ in try await FailoverBenchmark.run() },
    BenchGroup(name: "false-downs") { options in
      try await FalseDownBenchmark.run(minutes: options.lossMinutes)
    },
    BenchGroup(name: "memory") { _ in try await MemoryBenchmark.run() },
    BenchGroup(name: "spawn") { _ in try await SpawnBenchmark.run() },
    BenchGroup(name: "restart") { _ in try await RestartBenchmark.run() },
    BenchGroup(name: "density") { _ in try await DensityBenchmark.run() },
  ]
}
