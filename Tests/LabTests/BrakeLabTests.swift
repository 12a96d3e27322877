// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs {
  /// Most hosts go quiet at once; a lab of its own, as it takes more hosts than three.
  @Suite(.serialized, .enabled(if: Lab.isAvailable)) struct BrakeLabTests {
    @Test(
      "Four of five hosts are quiet at once: nothing moves but what was on the one said to be dead, and the rest runs on as it was."
    )
    func brake() async throws {
      var configuration = LabConfiguration(name: "t-brake", hosts: 5)
      configuration.hostMemoryBytes = 256 << 20
      try await LabCluster.withLab(configuration) { try await check($0) }
    }

    private func check(_ cluster: LabCluster) async throws {
      let before = try await cluster.run(
        """
        name: many
        command: [sleep, inf]
        replicas: 10
        resources: {cpu: {request: 50m}, memory: {request: 8Mi}}
        """, replicas: 10)
      let service = before[0].instance.service
      let (dead, cutOff) = ("host1", ["host2", "host3", "host4"])
      let unmoved = before.filter { $0.host != dead }
      #expect(Set(before.map(\.host)) == Set(cluster.lab.hosts))
      let revision = try await cluster.revision()
      // One by one, within a moment: a switch's failure. One of them has lost its power as well.
      for host in cutOff { try await cluster.lab.cut(host) }
      try await cluster.lab.kill(dead)
      try await eventually("the brake is on") {
        try await reasons(cluster, since: revision).contains("brake-on")
      }
      try await eventually("all four are given up") {
        try await cluster.client.hosts().count { $0.state == .down } == 4
      }
      try await Task.sleep(for: .seconds(3))  // The time that passes is what is tested.
      try await expectPlaces(before, cluster)
      #expect(try await cluster.alive(unmoved) == unmoved)
      let waiting = try #require(before.first { $0.host == cutOff[0] }).instance
      let why = try await CLI(cluster).run("why", "\(waiting)")
      #expect(why.output.contains("brake"), "\(why)")

      // A word about one moves what that one had, and nothing else: the three that are left would bring it on, too.
      let word = try await CLI(cluster).run("host", "confirm-down", dead)
      #expect(word.status == 0 && word.output.contains("brake"), "\(word)")
      try await cluster.waitForInstances(of: service) { views in
        views.filter { view in before.contains { $0.instance == view.id && $0.host == dead } }
          .allSatisfy { $0.state == .running && $0.host?.rawValue == "host5" }
      }
      try await expectPlaces(unmoved, cluster)

      // The rest is heard again: the brake is off, and all that was not moved is as it was.
      for host in cutOff { try await cluster.lab.heal(host) }
      try await eventually("the brake is off") {
        try await reasons(cluster, since: revision).contains("brake-off")
      }
      try await cluster.waitForInstances(of: service) { views in
        views.count == 10 && views.allSatisfy { $0.state == .running }
      }
      let after = try await cluster.processes(of: service)
      #expect(Set(after).isSuperset(of: unmoved))
      try await cluster.lab.start(dead)
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      try await cluster.waitUntilRunning(service, replicas: 10)
      try await cluster.expectKernelsAgree()
      #expect(try await cluster.processes(of: service) == after, "its return moved nothing")
    }

    /// Where they were placed is where they are.
    private func expectPlaces(
      _ before: [SeenProcess], _ cluster: LabCluster,
      sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
      let views = try await cluster.client.instances(of: before[0].instance.service)
      for process in before {
        let view = views.first { $0.id == process.instance }
        #expect(
          view?.host?.rawValue == process.host && view?.placements == 1, "\(view as Any)",
          sourceLocation: sourceLocation)
      }
    }

    private func reasons(_ cluster: LabCluster, since revision: Revision) async throws -> [String] {
      try await cluster.client.events(EventFilter(since: revision)).map(\.reason)
    }
  }
}
