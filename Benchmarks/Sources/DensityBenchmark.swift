// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonAgent
import TendonClient
import TendonLinux
import TendonModel

/// A thousand idle instances on one host, this machine: how fast they come up, of an agent alone and through coordinator
/// and agent as they are installed, and what agent and tendon-init then take.
enum DensityBenchmark {
  private static let instances = 1000
  private static let watched = Duration.seconds(10)

  static func run() async throws -> [BenchResult] {
    try await NativeHost.with { host in
      // Nothing is removed in between: on ext4 without a journal, files that were just removed make the next ones slow to
      // create.
      let floor = try LaunchFloor.run(host, count: instances)
      let alone = try await launchAlone(host)
      let pair = try await ProgramPair(host)
      do {
        let rows = try await measure(pair, host)
        try await pair.end()
        return [
          row(
            "launch_per_s", alone, "1/s", .atLeast(1000),
            note: "desired at once of one agent, to all running; \(host.limits)"),
          BenchResult(
            group: "density", name: "launch_per_s", value: floor, unit: "1/s", n: instances,
            peer: LaunchFloor.name),
          row("launch_to_floor", floor / alone, "x", note: "the agent's time, over the floor's"),
        ] + rows
      } catch {
        // The first error is the one that counts.
        try? await pair.end()
        throw error
      }
    }
  }

  /// All desired with one line of the stream.
  /// - Returns: starts per second.
  private static func launchAlone(_ host: NativeHost) async throws -> Double {
    try await LocalAgent.with(try host.configuration("launch"), log: SpawnBenchmark.quiet()) {
      agent in
      let placements = try (0..<instances).map {
        try host.placement(
          epoch: UInt64($0 + 1), slot: $0, command: [host.idle], restart: .always)
      }
      let start = ContinuousClock.now
      await agent.want(placements)
      var running: Set<Epoch> = []
      while running.count < instances {
        for status in try await agent.nextReport().statuses where status.phase == .running {
          running.insert(status.epoch)
        }
      }
      let took = ContinuousClock.now - start
      await agent.end(placements.map(\.epoch))
      var removed: Set<Epoch> = []
      while removed.count < instances {
        removed.formUnion(try await agent.nextReport().removed)
      }
      return Double(instances) * 1000 / took.milliseconds
    }
  }

  private static func measure(
    _ pair: ProgramPair, _ host: NativeHost
  ) async throws -> [BenchResult] {
    let name = try ServiceName("idle")
    let spec = ServiceSpec(
      name: name, command: [host.idle], replicas: instances,
      resources: Resources(
        cpu: CPUResources(request: MilliCPU(1)),
        memory: MemoryResources(request: .mebibytes(1))))
    let start = ContinuousClock.now
    _ = try await pair.client.apply(ApplyRequest(services: [spec]))
    try await pair.wait { try await pair.client.service(name).running == instances }
    let took = ContinuousClock.now - start

    let initPID = try await pair.initPID()
    try await Task.sleep(for: .seconds(5))
    let before = try Usage(of: pair.agent.pid)
    let initBefore = try Usage(of: initPID)
    try await Task.sleep(for: watched)
    let after = try Usage(of: pair.agent.pid)
    let initAfter = try Usage(of: initPID)
    _ = try await pair.client.delete(name)
    try await pair.wait { try await pair.client.instances(of: name).isEmpty }
    func percent(_ before: Usage, _ after: Usage) -> Double {
      (after.cpuMilliseconds - before.cpuMilliseconds) / watched.milliseconds * 100
    }
    return [
      row(
        "launch_api_per_s", Double(instances) * 1000 / took.milliseconds, "1/s",
        note: "applied to all running, coordinator and agent on this machine; \(host.limits)"),
      row("agent_rss_mb_1000", Double(after.residentKiB) / 1024, "MiB", .atMost(50)),
      row("agent_anon_mb_1000", Double(after.anonymousKiB) / 1024, "MiB"),
      row("agent_cpu_percent_1000", percent(before, after), "%", .atMost(2)),
      row("init_rss_kb_1000", Double(initAfter.residentKiB), "KiB", .atMost(1000)),
      row("init_cpu_percent_1000", percent(initBefore, initAfter), "%"),
    ]
  }

  private static func row(
    _ name: String, _ value: Double, _ unit: String, _ target: BenchTarget? = nil,
    note: String? = nil
  ) -> BenchResult {
    BenchResult(
      group: "density", name: name, value: value, unit: unit, n: instances, target: target,
      note: note)
  }
}

/// What one process has used, by `/proc/PID`.
struct Usage {
  var residentKiB = 0
  var anonymousKiB = 0
  var cpuMilliseconds = 0.0

  init(of pid: Int32) throws {
    let status = try KernelFile.read("/proc/\(pid)/status") ?? ""
    for line in status.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count > 1, let number = Int(words[1]) else { continue }
      if words[0] == "VmRSS:" { residentKiB = number }
      if words[0] == "RssAnon:" { anonymousKiB = number }
    }
    let stat = try KernelFile.read("/proc/\(pid)/stat") ?? ""
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    guard residentKiB > 0, fields.count > 13, let user = Double(fields[12]),
      let system = Double(fields[13])
    else { throw BenchError("process \(pid) is gone") }
    cpuMilliseconds = (user + system) * 1000 / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
