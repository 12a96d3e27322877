// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// What must never run twice, on hosts that lose contact. The judges are times that the instances themselves wrote.
  @Suite struct FenceLabTests {
    /// What happens to a host.
    enum Loss: String, CaseIterable {
      /// Its network is cut, both ways.
      case cut
      /// The same, with its agent stopped: tendon-init is what is left to kill.
      case hanging
      /// It stands still as a whole, and goes on later.
      case frozen
    }

    private static let spec = """
      name: single
      command: [sh, -c, "while :; do date +%s%3N >> stamps; sleep 0.02; done"]
      fence: true
      resources: {cpu: {request: 50m}, memory: {request: 16Mi}}
      ---
      name: plain
      command: [sleep, inf]
      replicas: 3
      resources: {cpu: {request: 50m}, memory: {request: 16Mi}}
      """

    private func stamps(_ cluster: LabCluster, _ host: String, _ which: String) async throws -> Int
    {
      let text = try await cluster.lab.shell(
        host, "\(which) -n 1 /run/lab/disk/work/single.0/stamps")
      return try #require(Int(text), "\(text)")
    }

    @Test(
      "A fenced instance ends where its host loses contact, before it runs elsewhere.",
      arguments: Loss.allCases)
    func lost(_ loss: Loss) async throws {
      let cluster = try await cleanCluster()
      let names = try await cluster.apply(Self.spec)
      try await cluster.waitUntilRunning(names[0], replicas: 1)
      try await cluster.waitUntilRunning(names[1], replicas: 3)
      for host in cluster.lab.hosts {
        try await cluster.lab.shell(host, "rm -f /run/lab/disk/work/single.0/stamps")
      }
      let before = try await cluster.processes(of: names[0])[0]
      let plain = try await cluster.processes(of: names[1])
      let start = ContinuousClock.now
      switch loss {
      case .cut: try await cluster.lab.cut(before.host, LabCut())
      case .hanging:
        try await cluster.lab.signalAgent(before.host, SIGSTOP)
        try await cluster.lab.cut(before.host, LabCut())
      case .frozen: try await cluster.lab.freeze(before.host)
      }
      let after = try await cluster.waitFor(names[0].slot(0)) {
        $0.state == .running && $0.host?.rawValue != before.host
      }
      let passed = ContinuousClock.now - start
      // Lease, drift and kill time, and a second.
      #expect(passed > .seconds(5) && passed < .milliseconds(6550), "\(passed)")
      switch loss {
      case .cut: break
      case .hanging: try await cluster.lab.signalAgent(before.host, SIGCONT)
      case .frozen: try await cluster.lab.thaw(before.host)
      }
      if loss != .frozen {
        // What is not fenced runs on there.
        #expect(try await cluster.alive(plain) == plain)
        try await cluster.lab.heal(before.host)
      }
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      try await cluster.waitUntilRunning(names[0], replicas: 1)
      #expect(try await cluster.alive([before]).isEmpty)
      let last = try await stamps(cluster, before.host, "tail")
      let first = try await stamps(cluster, try #require(after.host).rawValue, "head")
      if loss != .frozen {
        #expect(last < first, "overlap of \(last - first) ms")
      } else {
        // It wrote before it stood still; what it does between the thaw and the kill is told in docs/fencing.md.
        #expect(last - first < 7000)
      }
      let events = try await cluster.client.events(EventFilter(instance: names[0].slot(0)))
      if loss != .frozen {
        #expect(
          events.contains {
            $0.reason == "failed" && $0.message.contains("the host's lease ended")
          },
          "\(events.map(\.message))")
      }
    }

    @Test(
      "Losing the coordinator ends what is fenced, and nothing else; it is placed again when one is back."
    )
    func coordinatorIsGone() async throws {
      let cluster = try await cleanCluster()
      let names = try await cluster.apply(Self.spec)
      try await cluster.waitUntilRunning(names[0], replicas: 1)
      try await cluster.waitUntilRunning(names[1], replicas: 3)
      let fenced = try await cluster.processes(of: names[0])
      let plain = try await cluster.processes(of: names[1])
      try await cluster.lab.killCoordinator()
      try await eventually("it is killed", within: .seconds(10)) {
        try await cluster.alive(fenced).isEmpty
      }
      #expect(try await cluster.alive(plain) == plain)
      try await cluster.lab.startCoordinator()
      try await cluster.waitUntilRunning(names[0], replicas: 1)
      // It knows of each copy only once that copy's host has told it.
      try await cluster.waitUntilRunning(names[1], replicas: 3)
      #expect(try await cluster.processes(of: names[1]) == plain)
    }

    @Test("An agent that is killed hands its lease on: what is fenced runs on.")
    func agentIsKilled() async throws {
      let cluster = try await cleanCluster()
      let names = try await cluster.apply(Self.spec)
      try await cluster.waitUntilRunning(names[0], replicas: 1)
      let before = try await cluster.processes(of: names[0])
      for _ in 0..<3 {
        let agent = try await cluster.lab.killAgent(before[0].host)
        try await cluster.untilAgent(of: before[0].host, isNot: agent)
      }
      try await Task.sleep(for: .seconds(6))  // More than a lease: what passes is what is tested.
      #expect(try await cluster.alive(before) == before)
      let view = try await cluster.client.instance(names[0].slot(0))
      #expect(view.status?.restarts == 0)
    }
  }
}
