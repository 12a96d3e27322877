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
      /// What it sends is lost.
      case outgoing
      /// Cut, with its agent stopped: tendon-init is what is left to kill.
      case hanging
      /// It stands still as a whole, and goes on later.
      case frozen
      /// Its power goes.
      case powerLoss
    }

    private static let spec = """
      name: single
      command: \(Stamps.command)
      fence: true
      resources: {cpu: {request: 50m}, memory: {request: 16Mi}}
      ---
      name: plain
      command: [sleep, inf]
      replicas: 3
      resources: {cpu: {request: 50m}, memory: {request: 16Mi}}
      """

    /// lease x (1 + drift) + kill time, in milliseconds.
    private static let wait = 5550
    /// Between two heartbeats. The last one may have come so long before the fault.
    private static let beat = 250

    @Test(
      "A fenced instance ends where its host loses contact, before it runs elsewhere, and that is soon.",
      arguments: Loss.allCases)
    func lost(_ loss: Loss) async throws {
      let cluster = try await cleanCluster()
      try await Stamps.clear(cluster)
      let names = try await cluster.apply(Self.spec)
      try await cluster.waitUntilRunning(names[0], replicas: 1)
      try await cluster.waitUntilRunning(names[1], replicas: 3)
      let before = try await cluster.processes(of: names[0])[0]
      let plain = try await cluster.processes(of: names[1])
      try await cluster.untilStamped([before])
      try await strike(before.host, loss, cluster)
      let fault = Stamps.now
      try await cluster.waitFor(names[0].slot(0)) {
        $0.state == .running && $0.host?.rawValue != before.host
      }
      // What is not fenced runs on there. Who still hears the coordinator stops it when the newer copy runs.
      if loss == .cut || loss == .hanging { #expect(try await cluster.alive(plain) == plain) }
      let end = Stamps.now
      try await undo(before.host, loss, cluster)
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      try await cluster.waitUntilRunning(names[0], replicas: 1)
      try await eventually("the new copy has written") {
        try Stamps(names[0].slot(0), cluster).lives.count == 2
      }
      try await cluster.waitUntilRunning(names[1], replicas: 3)
      #expect(try await cluster.alive([before]).isEmpty)

      let stamps = try Stamps(names[0].slot(0), cluster)
      try #require(stamps.lives.count == 2, "\(stamps.lives.map(\.host))")
      let (old, new) = (stamps.lives[0], stamps.lives[1])
      #expect(old.host == before.host && new.host != before.host)
      let passed = new.first - fault
      #expect(passed > Self.wait - Self.beat - 100 && passed < Self.wait + 1000, "\(passed) ms")
      if loss == .frozen {
        // It wrote before it stood still; what it does between the thaw and the kill is told in docs/fencing.md.
        let late = old.times.filter { $0 > fault + 100 }
        #expect(late.allSatisfy { $0 >= end && $0 < end + 1000 }, "\(late.map { $0 - end })")
      } else {
        #expect(stamps.overlap == nil, "\(stamps.overlap ?? 0) ms")
      }
      if loss != .frozen, loss != .powerLoss {
        let events = try await cluster.client.events(EventFilter(instance: names[0].slot(0)))
        #expect(
          events.contains {
            $0.reason == "failed" && $0.message.contains("the host's lease ended")
          },
          "\(events.map(\.message))")
      }
    }

    private func strike(_ host: String, _ loss: Loss, _ cluster: LabCluster) async throws {
      switch loss {
      case .cut: try await cluster.lab.cut(host, LabCut())
      case .outgoing: try await cluster.lab.cut(host, LabCut(.from))
      case .hanging:
        try await cluster.lab.signalAgent(host, SIGSTOP)
        try await cluster.lab.cut(host, LabCut())
      case .frozen: try await cluster.lab.freeze(host)
      case .powerLoss: try await cluster.lab.kill(host)
      }
    }

    private func undo(_ host: String, _ loss: Loss, _ cluster: LabCluster) async throws {
      switch loss {
      case .cut, .outgoing: try await cluster.lab.heal(host)
      case .hanging:
        try await cluster.lab.signalAgent(host, SIGCONT)
        try await cluster.lab.heal(host)
      case .frozen: try await cluster.lab.thaw(host)
      case .powerLoss: try await cluster.lab.start(host)
      }
    }

    @Test(
      "What is sent to a host is lost: it ends what is fenced, which runs again once and no more.")
    func incoming() async throws {
      let cluster = try await cleanCluster()
      try await Stamps.clear(cluster)
      let names = try await cluster.apply(Self.spec)
      try await cluster.waitUntilRunning(names[0], replicas: 1)
      try await cluster.waitUntilRunning(names[1], replicas: 3)
      let before = try await cluster.processes(of: names[0])
      let plain = try await cluster.processes(of: names[1])
      try await cluster.untilStamped(before)
      try await cluster.lab.cut(before[0].host, LabCut(.to))
      try await eventually("it is killed", within: .seconds(10)) {
        try await cluster.alive(before).isEmpty
      }
      try await cluster.lab.heal(before[0].host)
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      try await cluster.waitUntilRunning(names[0], replicas: 1)
      try await cluster.waitUntilRunning(names[1], replicas: 3)
      #expect(try await cluster.processes(of: names[1]) == plain)
      let stamps = try Stamps(names[0].slot(0), cluster)
      #expect(stamps.overlap == nil && stamps.lives.count == 2, "\(stamps.lives.map(\.host))")
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

    /// As tendon-init reads it, in nanoseconds of the host's boot-time clock.
    private func leaseEnd(on host: String, _ cluster: LabCluster) async throws -> Int64 {
      let text = try await cluster.lab.shell(host, "head -n 1 /run/tendon/init.sock.fence")
      return try #require(Int64(text), "\(text)")
    }

    @Test("An agent that is killed hands its lease on: what is fenced runs on.")
    func agentIsKilled() async throws {
      let cluster = try await cleanCluster()
      try await Stamps.clear(cluster)
      let names = try await cluster.apply(Self.spec)
      try await cluster.waitUntilRunning(names[0], replicas: 1)
      let before = try await cluster.processes(of: names[0])
      try await cluster.untilStamped(before)
      let environment = try await cluster.lab.shell(
        before[0].host, "tr '\\0' '\\n' < /proc/\(before[0].pid)/environ")
      #expect(
        environment.contains("TENDON_FENCED=1\n") && environment.contains("TENDON_LEASE=5000\n"))
      let start = Stamps.now
      for _ in 0..<3 {
        try await cluster.lab.killAgent(before[0].host)
        let end = try await leaseEnd(on: before[0].host, cluster)
        // Three agents in a row that are heard of by nobody would be the end of any lease.
        try await eventually("the next one has renewed the lease") {
          try await leaseEnd(on: before[0].host, cluster) > end
        }
      }
      try await Task.sleep(for: .seconds(6))  // More than a lease: what passes is what is tested.
      #expect(try await cluster.alive(before) == before)
      let view = try await cluster.client.instance(names[0].slot(0))
      #expect(view.status?.restarts == 0)
      try await cluster.expectRan(before, since: start)
    }
  }
}
