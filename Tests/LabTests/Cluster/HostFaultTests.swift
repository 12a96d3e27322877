// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// Hosts that die, come back, reboot, or are cut off.
  @Suite struct HostFaultTests {
    private static let spec = """
      name: moved
      command: \(Stamps.command)
      probes: \(Stamps.probes)
      replicas: 6
      resources: {cpu: {request: 100m}, memory: {request: 16Mi, limit: 64Mi}}
      """
    private static let fenced = """
      name: single
      command: \(Stamps.command)
      fence: true
      resources: {cpu: {request: 100m}, memory: {request: 16Mi, limit: 64Mi}}
      """
    private static let victim = "host3"

    @Test(
      "A host loses power: its instances run elsewhere; it returns: exactly one copy each is left.")
    func powerLoss() async throws {
      let (cluster, before) = try await sixStamped(Self.spec)
      let service = before[0].instance.service
      let lost = before.filter { $0.host == Self.victim }
      #expect(lost.count == 2)
      let start = Stamps.now
      try await cluster.lab.kill(Self.victim)
      try await cluster.waitForInstances(of: service, within: .seconds(5)) { views in
        views.count == 6
          && views.allSatisfy { $0.state == .running && $0.host?.rawValue != Self.victim }
      }
      let moved = try await cluster.processes(of: service)
      // What ran elsewhere was not touched by it.
      let others = before.filter { $0.host != Self.victim }
      #expect(Set(moved).isSuperset(of: others))
      #expect(try await cluster.alive(moved).count == 6)

      try await cluster.lab.start(Self.victim)
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      try await cluster.waitUntilRunning(service, replicas: 6)
      try await cluster.expectKernelsAgree()
      #expect(try await cluster.processes(of: service) == moved, "its return moved nothing")
      #expect(try await cluster.leaves(on: Self.victim).isEmpty)
      try await cluster.expectRan(others, since: start)
    }

    @Test(
      "A host is cut off: what runs there goes on; when it is back, the older copies are stopped.")
    func cutOff() async throws {
      let (cluster, before) = try await sixStamped(Self.spec)
      let service = before[0].instance.service
      let cutOff = before.filter { $0.host == Self.victim }
      let epochs = try await cluster.epochs(of: service, on: Self.victim)
      let start = Stamps.now
      try await cluster.lab.cut(Self.victim)
      try await cluster.waitForInstances(of: service) { views in
        views.allSatisfy { $0.state == .running && $0.host?.rawValue != Self.victim }
      }
      #expect(
        try await cluster.alive(cutOff) == cutOff, "the cut host's own kernel still runs them")
      try await cluster.lab.heal(Self.victim)
      try await cluster.waitUntilRunning(service, replicas: 6)
      try await cluster.expectKernelsAgree()
      #expect(try await cluster.alive(cutOff).isEmpty, "the copies with lower epochs are stopped")
      let left = try await cluster.client.instances(of: service).compactMap(\.epoch)
      #expect(epochs.isDisjoint(with: left))
      let after = try await cluster.processes(of: service)
      #expect(Set(after).isSuperset(of: before.filter { $0.host != Self.victim }))
      // Those that were cut off ran until the newer ones did: of none there was a moment without.
      try await cluster.expectRan(before, since: start)
    }

    @Test(
      "A host reboots: what was placed there is placed anew, never revived; what is fenced, too, and never twice."
    )
    func reboot() async throws {
      let (cluster, before) = try await sixStamped(Self.spec)
      let service = before[0].instance.service
      let fenced = try await cluster.run(Self.fenced, replicas: 1)[0]
      try await cluster.untilStamped([fenced])
      let victim = fenced.host
      let old = try await cluster.epochs(of: service, on: victim)
      let revision = try await cluster.revision()
      let start = Stamps.now
      try await cluster.lab.reboot(victim)
      try await cluster.waitForInstances(of: service) { views in
        views.count == 6
          && views.allSatisfy { view in
            view.state == .running && view.placements == 1
              && view.epoch.map { !old.contains($0) } ?? false
          }
      }
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      try await cluster.waitUntilRunning(fenced.instance.service, replicas: 1)
      try await cluster.expectKernelsAgree()
      let events = try await cluster.hostEvents(since: revision)
      #expect(events.contains("host-rebooted \(victim)"), "\(events)")
      let after = try await cluster.processes(of: service)
      let others = before.filter { $0.host != victim }
      #expect(Set(after).isSuperset(of: others))
      try await cluster.expectRan(others, since: start)
      try await eventually("the new copy has written") {
        try Stamps(fenced.instance, cluster).lives.count == 2
      }
      let stamps = try Stamps(fenced.instance, cluster)
      #expect(stamps.overlap == nil && stamps.lives.count == 2, "\(stamps.lives.map(\.host))")
    }

    @Test(
      "A tenth, then a third of a host's packets are lost: it is not given up, and its lease does not end."
    )
    func lossIsNoDeath() async throws {
      let (cluster, before) = try await sixStamped(Self.spec)
      let fenced = try await cluster.run(Self.fenced, replicas: 1)
      try await cluster.untilStamped(fenced)
      let revision = try await cluster.revision()
      let start = Stamps.now
      for (percent, seconds) in [(10, 8), (30, 16)] {
        try await cluster.lab.loss(fenced[0].host, percent: percent)
        try await Task.sleep(for: .seconds(seconds))  // The time that passes is what is tested.
      }
      try await cluster.lab.loss(fenced[0].host, percent: 0)
      let events = try await cluster.hostEvents(since: revision)
      #expect(!events.contains { $0.hasPrefix("host-down") }, "\(events)")
      #expect(try await cluster.processes(of: before[0].instance.service) == before)
      #expect(try await cluster.processes(of: fenced[0].instance.service) == fenced)
      try await cluster.expectRan(before + fenced, since: start)
    }
  }
}

extension LabCluster {
  /// The placements that a service has on a host now.
  func epochs(of service: ServiceName, on host: String) async throws -> Set<Epoch> {
    let views = try await client.instances(of: service).filter { $0.host?.rawValue == host }
    return Set(views.compactMap(\.epoch))
  }
}
