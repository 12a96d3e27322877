// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel

/// A host loses its power: how long until the coordinator calls it down, and until all it ran runs elsewhere.
enum ReplaceBenchmark {
  private static let hosts = 3
  private static let instances = 6
  private static let kills = 9

  private struct Times {
    var detect: [Double] = []
    var replace: [Double] = []
  }

  static func run() async throws -> [BenchResult] {
    let times = try await BenchLab.with(hosts: hosts) { cluster in
      let service = try await BenchLab.apply(
        "replaced", replicas: instances,
        resources: Resources(memory: MemoryResources(request: .mebibytes(16))), on: cluster)
      var times = Times()
      for _ in 0..<kills { try await kill(service, on: cluster, &times) }
      return times
    }
    func row(_ name: String, _ value: Double, _ target: BenchTarget? = nil) -> BenchResult {
      BenchResult(
        group: "replace", name: name, value: value, unit: "ms", n: times.replace.count,
        target: target)
    }
    return [
      row("replace_p50_ms", times.replace.median, .below(5000)),
      row("replace_max_ms", times.replace.max() ?? 0),
      row("detect_p50_ms", times.detect.median),
      row("detect_max_ms", times.detect.max() ?? 0),
    ]
  }

  /// Kills the host that has most, then brings everything back to how it was.
  private static func kill(
    _ service: ServiceName, on cluster: LabCluster, _ times: inout Times
  ) async throws {
    let views = try await cluster.client.instances(of: service)
    let loads = Dictionary(grouping: views.compactMap(\.host), by: { $0 }).mapValues(\.count)
    guard let victim = loads.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key else {
      throw BenchError("no host has an instance")
    }
    async let down = downTime(of: victim, on: cluster)
    async let replaced = replacedTime(of: service, without: victim, on: cluster)
    let start = try await cluster.lab.kill(victim.rawValue)
    times.detect.append((try await down - start).milliseconds)
    times.replace.append((try await replaced - start).milliseconds)
    try await cluster.lab.start(victim.rawValue)
    try await cluster.waitForHosts { views in
      views.count == hosts && views.allSatisfy { $0.state == .ready && $0.isConnected }
    }
    try await cluster.waitUntilRunning(service, replicas: instances)
  }

  private static func downTime(
    of host: HostID, on cluster: LabCluster
  ) async throws -> ContinuousClock.Instant {
    try await cluster.waitForHosts(within: .seconds(60)) { views in
      views.contains { $0.id == host && $0.state == .down }
    }
    return ContinuousClock.now
  }

  private static func replacedTime(
    of service: ServiceName, without host: HostID, on cluster: LabCluster
  ) async throws -> ContinuousClock.Instant {
    try await cluster.waitForInstances(of: service, within: .seconds(60)) { views in
      views.count == instances && views.allSatisfy { $0.state == .running && $0.host != host }
    }
    return ContinuousClock.now
  }
}
