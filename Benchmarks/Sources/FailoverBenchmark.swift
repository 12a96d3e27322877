// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel

/// A host loses its power: how long until the coordinator calls it down, and until all it ran runs elsewhere; what is fenced
/// has to wait for the host's lease.
enum FailoverBenchmark {
  private static let kills = 20
  /// A lease, as the coordinator's settings have it, the time for a kill, and a second.
  private static let fencedTarget = Duration.milliseconds(5000 + 500 + 1000)

  private struct Times {
    var detect: [Double] = []
    var replace: [Double] = []
    var replaceFenced: [Double] = []
  }

  static func run() async throws -> [BenchResult] {
    var results: [BenchResult] = []
    for hosts in [3, 5] {
      let times = try await BenchLab.with(
        hosts: hosts, coordinatorArguments: ["--disruption", "flap-hold=0s"]
      ) { cluster in
        var times = Times()
        for number in 0..<kills { try await kill(number, on: cluster, &times) }
        return times
      }
      results += rows(times, hosts: hosts)
    }
    return results
  }

  private static func rows(_ times: Times, hosts: Int) -> [BenchResult] {
    func row(_ name: String, _ value: Double, _ target: Double) -> BenchResult {
      BenchResult(
        group: "failover", name: name, value: value, unit: "ms", n: kills,
        target: .atMost(target), note: "\(hosts) hosts")
    }
    return [
      row("detect_p50_ms", times.detect.median, 1000),
      row("detect_max_ms", times.detect.max() ?? 0, 1500),
      row("replace_p50_ms", times.replace.median, 1500),
      row("replace_max_ms", times.replace.max() ?? 0, 2500),
      row("replace_fenced_p50_ms", times.replaceFenced.median, fencedTarget.milliseconds),
      row("replace_fenced_max_ms", times.replaceFenced.max() ?? 0, fencedTarget.milliseconds),
    ]
  }

  /// Kills a host that runs two instances and a fenced one, then brings everything back to how it was. Each time it is
  /// another service and, in turn, another host: what is held against an instance for hosts that went down under it is
  /// not what is measured, nor what is held against hosts, which is switched off.
  private static func kill(
    _ number: Int, on cluster: LabCluster, _ times: inout Times
  ) async throws {
    let hosts = cluster.lab.hosts
    let service = try await BenchLab.apply(
      "replaced-\(number)", replicas: 2 * hosts.count,
      resources: Resources(memory: MemoryResources(request: .mebibytes(16))), on: cluster)
    let fenced = try await BenchLab.apply(
      "fenced-\(number)", replicas: hosts.count,
      resources: Resources(memory: MemoryResources(request: .mebibytes(16))), fence: true,
      on: cluster)
    let victim = try HostID(hosts[number % hosts.count])
    for name in [service, fenced] {
      let views = try await cluster.client.instances(of: name)
      guard views.contains(where: { $0.host == victim }) else {
        throw BenchError("\(victim) has no instance of \(name)")
      }
    }
    async let down = downTime(of: victim, on: cluster)
    async let replaced = replacedTime(
      of: service, replicas: 2 * hosts.count, without: victim, on: cluster)
    async let fencedReplaced = replacedTime(
      of: fenced, replicas: hosts.count, without: victim, on: cluster)
    let start = try await cluster.lab.kill(victim.rawValue)
    times.detect.append((try await down - start).milliseconds)
    times.replace.append((try await replaced - start).milliseconds)
    times.replaceFenced.append((try await fencedReplaced - start).milliseconds)
    try await cluster.lab.start(victim.rawValue)
    try await BenchLab.untilWhole(cluster)
    for name in [service, fenced] { try await BenchLab.remove(name, on: cluster) }
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
    of service: ServiceName, replicas: Int, without host: HostID, on cluster: LabCluster
  ) async throws -> ContinuousClock.Instant {
    try await cluster.waitForInstances(of: service, within: .seconds(60)) { views in
      views.count == replicas && views.allSatisfy { $0.state == .running && $0.host != host }
    }
    return ContinuousClock.now
  }
}
