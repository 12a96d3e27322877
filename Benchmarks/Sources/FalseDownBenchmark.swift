// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel

/// Hosts that live while their network, their agents, the coordinator or the machine are bad: how many of them are
/// called down. Each is one too many.
enum FalseDownBenchmark {
  /// - Parameter minutes: how long packets are lost at 10 %; the other situations last a minute or less.
  static func run(minutes: Int) async throws -> [BenchResult] {
    try await BenchLab.with(hosts: 3) { cluster in
      _ = try await BenchLab.apply(
        "calm", replicas: 6,
        resources: Resources(memory: MemoryResources(request: .mebibytes(16))), on: cluster)
      let situations: [(String, @Sendable (LabCluster) async throws -> Void)] = [
        ("agents stopped for 1 s, 20 times", agentsStop),
        ("coordinator stopped for 30 s", coordinatorStops),
        ("both cores busy for a minute", coresAreBusy),
        ("30 % loss for a minute", { try await lose(30, for: .seconds(60), on: $0) }),
        (
          "10 % loss for \(minutes) min",
          { try await lose(10, for: .seconds(60 * minutes), on: $0) }
        ),
      ]
      var results: [BenchResult] = []
      for (name, situation) in situations {
        let since = try await cluster.client.version().revision
        try await situation(cluster)
        try await BenchLab.untilWhole(cluster)
        let events = try await cluster.client.events(EventFilter(since: since))
        results.append(
          BenchResult(
            group: "false-downs", name: "false_downs",
            value: Double(events.count { $0.reason == "host-down" }), unit: "", n: 1,
            target: .atMost(0), note: name))
      }
      return results
    }
  }

  private static func lose(
    _ percent: Int, for time: Duration, on cluster: LabCluster
  ) async throws {
    for host in cluster.lab.hosts { try await cluster.lab.loss(host, percent: percent) }
    try await Task.sleep(for: time)
    for host in cluster.lab.hosts { try await cluster.lab.loss(host, percent: 0) }
  }

  private static func agentsStop(_ cluster: LabCluster) async throws {
    for number in 0..<20 {
      let host = cluster.lab.hosts[number % cluster.lab.hosts.count]
      try await cluster.lab.signalAgent(host, SIGSTOP)
      try await Task.sleep(for: .seconds(1))
      try await cluster.lab.signalAgent(host, SIGCONT)
      try await Task.sleep(for: .seconds(1))
    }
  }

  private static func coordinatorStops(_ cluster: LabCluster) async throws {
    try await cluster.lab.freezeCoordinator()
    try await Task.sleep(for: .seconds(30))
    try await cluster.lab.thawCoordinator()
    // A late verdict would fall in this time.
    try await Task.sleep(for: .seconds(10))
  }

  /// Two processes for each core, with nothing else to do.
  private static func coresAreBusy(_ cluster: LabCluster) async throws {
    let load = try BusyProcesses(count: 2 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    defer { load.end() }
    try await Task.sleep(for: .seconds(60))
  }
}

/// Shells that loop until they are ended.
private struct BusyProcesses: ~Copyable {
  private var pids: [pid_t] = []

  init(count: Int) throws {
    for _ in 0..<count {
      var pid = pid_t()
      let words = ["sh", "-c", "while :; do :; done"].map { (word: String) in strdup(word) }
      defer { for word in words { free(word) } }
      let error = posix_spawnp(&pid, "sh", nil, nil, words + [nil], environ)
      guard error == 0 else {
        let reason = String(cString: strerror(error))
        for pid in pids { Self.end(pid) }
        throw BenchError("sh can't be started: \(reason)")
      }
      pids.append(pid)
    }
  }

  func end() {
    for pid in pids { Self.end(pid) }
  }

  private static func end(_ pid: pid_t) {
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
  }
}
