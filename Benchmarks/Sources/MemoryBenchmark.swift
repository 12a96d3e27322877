// SPDX-License-Identifier: Apache-2.0
import TendonLab
import TendonLabClient
import TendonModel

/// What Tendon itself takes of a host's memory, by the host's own kernel: the agent and tendon-init, without
/// and with a hundred instances.
enum MemoryBenchmark {
  private static let instances = 100

  /// Resident sizes in KiB.
  private struct Reading: Equatable {
    var agent: Int
    var agentAnonymous: Int
    var initProgram: Int

    var both: Int { agent + initProgram }
  }

  static func run() async throws -> [BenchResult] {
    let (empty, full) = try await BenchLab.with(hosts: 1, hostMemoryBytes: 1 << 30) { cluster in
      let empty = try await quietReading(on: cluster)
      _ = try await BenchLab.apply(
        "quiet", replicas: instances,
        resources: Resources(
          cpu: CPUResources(request: MilliCPU(1)),
          memory: MemoryResources(request: .mebibytes(1))),
        on: cluster)
      return (empty, try await quietReading(on: cluster))
    }
    func row(
      _ name: String, _ value: Double, _ unit: String, _ target: BenchTarget? = nil
    ) -> BenchResult {
      BenchResult(
        group: "memory", name: name, value: value, unit: unit, n: 1, target: target)
    }
    return [
      row("agent_rss_mb", Double(full.agent) / 1024, "MiB", .atMost(40)),
      row("agent_anon_mb", Double(full.agentAnonymous) / 1024, "MiB", .atMost(10)),
      row("init_rss_kb", Double(full.initProgram), "KiB", .atMost(1000)),
      row(
        "per_instance_kb", Double(full.both - empty.both) / Double(instances), "KiB", .atMost(30)),
      row("agent_empty_rss_mb", Double(empty.agent) / 1024, "MiB"),
      row("agent_empty_anon_mb", Double(empty.agentAnonymous) / 1024, "MiB"),
      row("init_empty_rss_kb", Double(empty.initProgram), "KiB"),
    ]
  }

  /// The agent gives memory back once nothing has happened for two seconds.
  private static let rest = Duration.seconds(3)

  /// Waits for two equal readings as far apart as that.
  private static func quietReading(on cluster: LabCluster) async throws -> Reading {
    var last = try await reading(on: cluster)
    for _ in 0..<20 {
      try await Task.sleep(for: rest)
      let next = try await reading(on: cluster)
      if next == last { return next }
      last = next
    }
    throw BenchError("the agent's memory did not settle within a minute; last seen: \(last)")
  }

  private static func reading(on cluster: LabCluster) async throws -> Reading {
    let text = try await cluster.lab.shell(
      cluster.lab.hosts[0],
      """
      for process in /proc/[0-9]*; do
        name=$(cat $process/comm 2>/dev/null)
        case $name in tendon-agent|tendon-init)
          sed -n "s/^\\(VmRSS\\|RssAnon\\):[^0-9]*\\([0-9]*\\).*/$name \\1 \\2/p" $process/status ;;
        esac
      done
      """)
    var values: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, let value = Int(words[2]),
        values.updateValue(value, forKey: "\(words[0]) \(words[1])") == nil
      else { throw BenchError("there is not one agent and one tendon-init: \(text)") }
    }
    guard let agent = values["tendon-agent VmRSS"], let anonymous = values["tendon-agent RssAnon"],
      let initProgram = values["tendon-init VmRSS"]
    else { throw BenchError("the agent or tendon-init is not there: \(text)") }
    return Reading(agent: agent, agentAnonymous: anonymous, initProgram: initProgram)
  }
}
