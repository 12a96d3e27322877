// SPDX-License-Identifier: Apache-2.0

/// Measurements that are run together.
struct BenchGroup: Sendable {
  let name: String
  let run: @Sendable () async throws -> [BenchResult]

  /// Every group there is, in the order they are run.
  static let all = [
    BenchGroup(name: "heartbeat") { try await HeartbeatBenchmark.run() },
    BenchGroup(name: "resize") { try await ResizeBenchmark.run() },
    BenchGroup(name: "replace") { try await ReplaceBenchmark.run() },
    BenchGroup(name: "memory") { try await MemoryBenchmark.run() },
    BenchGroup(name: "spawn") { try await SpawnBenchmark.run() },
    BenchGroup(name: "restart") { try await RestartBenchmark.run() },
    BenchGroup(name: "density") { try await DensityBenchmark.run() },
  ]
}
