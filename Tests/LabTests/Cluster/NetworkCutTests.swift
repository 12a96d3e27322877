// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// Networks that fail in part, hosts that stand still.
  @Suite struct NetworkCutTests {
    private static let spec = """
      name: cut
      command: \(Stamps.command)
      probes: \(Stamps.probes)
      replicas: 6
      resources: {cpu: {request: 50m}, memory: {request: 16Mi, limit: 64Mi}}
      """
    private static let victim = "host2"

    /// The fault is undone: every slot has one copy, the newer ones are left, and what was elsewhere was not touched.
    private func expectWhole(
      _ cluster: LabCluster, after before: [SeenProcess],
      sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      let service = before[0].instance.service
      try await cluster.waitUntilRunning(service, replicas: 6)
      try await cluster.expectKernelsAgree(sourceLocation: sourceLocation)
      let after = Set(try await cluster.processes(of: service))
      let others = before.filter { $0.host != Self.victim }
      #expect(after.isSuperset(of: others), sourceLocation: sourceLocation)
    }

    private func untilMoved(_ cluster: LabCluster, _ service: ServiceName) async throws {
      try await cluster.waitForInstances(of: service) { views in
        views.count == 6
          && views.allSatisfy { $0.state == .running && $0.host?.rawValue != Self.victim }
      }
    }

    @Test("What a host sends is lost: it is down, and what ran there runs elsewhere, once each.")
    func outgoing() async throws {
      let (cluster, before) = try await sixStamped(Self.spec)
      let there = before.filter { $0.host == Self.victim }
      #expect(!there.isEmpty)
      let start = Stamps.now
      try await cluster.lab.cut(Self.victim, LabCut(.from))
      // It may still hear that newer copies run, and stop its own then.
      try await untilMoved(cluster, before[0].instance.service)
      try await cluster.lab.heal(Self.victim)
      try await expectWhole(cluster, after: before)
      #expect(try await cluster.alive(there).isEmpty)
      try await cluster.expectRan(before, since: start)
    }

    @Test("What is sent to a host is lost: it is heard, so nothing moves, and nothing stops.")
    func incoming() async throws {
      let (cluster, before) = try await sixStamped(Self.spec)
      let revision = try await cluster.revision()
      let start = Stamps.now
      try await cluster.lab.cut(Self.victim, LabCut(.to))
      try await Task.sleep(for: .seconds(8))  // The time that passes is what is tested.
      #expect(try await cluster.alive(before) == before)
      try await cluster.lab.heal(Self.victim)
      try await expectWhole(cluster, after: before)
      let events = try await cluster.hostEvents(since: revision)
      #expect(!events.contains { $0.hasPrefix("host-down") }, "\(events)")
      #expect(try await cluster.processes(of: before[0].instance.service) == before)
      try await cluster.expectRan(before, since: start)
    }

    @Test("A host stands still until it is given up, and goes on: its older copies are stopped.")
    func frozen() async throws {
      let (cluster, before) = try await sixStamped(Self.spec)
      let there = before.filter { $0.host == Self.victim }
      let start = Stamps.now
      try await cluster.lab.freeze(Self.victim)
      try await untilMoved(cluster, before[0].instance.service)
      try await cluster.lab.thaw(Self.victim)
      try await expectWhole(cluster, after: before)
      #expect(try await cluster.alive(there).isEmpty)
      try await cluster.expectRan(before.filter { $0.host != Self.victim }, since: start)
    }
  }
}
