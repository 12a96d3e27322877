// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// Wall clocks that are set: of a host, and of the coordinator.
  @Suite struct ClockTests {
    private static let hour = 3600

    private static func spec(_ replicas: Int) -> String {
      """
      name: single
      command: \(Stamps.command)
      fence: true
      resources: {cpu: {request: 50m}, memory: {request: 16Mi}}
      ---
      name: plain
      command: \(Stamps.command)
      replicas: \(replicas)
      resources: {cpu: {request: 50m}, memory: {request: 16Mi}}
      """
    }

    /// Sets a host's clock an hour on, and two back, with time enough for who would take that for an hour of silence, or
    /// for a lease that is over. What runs is looked at after.
    private func step(
      _ host: String, _ cluster: LabCluster, _ names: [ServiceName],
      meanwhile: () async throws -> Void = {}
    ) async throws {
      let before = try await processes(of: names, cluster)
      try await cluster.untilStamped(before)
      let revision = try await cluster.revision()
      let start = Stamps.now
      try await cluster.lab.stepClock(host, bySeconds: Self.hour)
      try await Task.sleep(for: .seconds(3))  // The time that passes is what is tested.
      try await meanwhile()
      try await cluster.lab.stepClock(host, bySeconds: -2 * Self.hour)
      try await Task.sleep(for: .seconds(3))
      try await cluster.expectRan(before, since: start)
      #expect(try await processes(of: names, cluster) == before)
      let events = try await cluster.hostEvents(since: revision)
      #expect(events.isEmpty, "\(events)")
    }

    private func processes(
      of names: [ServiceName], _ cluster: LabCluster
    ) async throws -> [SeenProcess] {
      var all: [SeenProcess] = []
      for name in names { all += try await cluster.processes(of: name) }
      return all
    }

    @Test(
      "A host's clock is set an hour on, and two back: nothing stops or moves, and a lease ends when it would have."
    )
    func ofHost() async throws {
      let cluster = try await cleanCluster()
      try await Stamps.clear(cluster)
      let names = try await cluster.apply(Self.spec(6))
      try await cluster.waitUntilRunning(names[0], replicas: 1)
      try await cluster.waitUntilRunning(names[1], replicas: 6)
      let before = try await processes(of: names, cluster)
      let host = before[0].host
      try await step(host, cluster, names)
      // It is an hour behind now: by its wall clock the lease would go on for that long.
      try await cluster.lab.cut(host)
      let cut = Stamps.now
      try await cluster.waitFor(names[0].slot(0)) {
        $0.state == .running && $0.host?.rawValue != host
      }
      try await cluster.lab.heal(host)
      try await cluster.lab.stepClock(host, bySeconds: Self.hour)
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      try await cluster.waitUntilRunning(names[0], replicas: 1)
      try await cluster.waitUntilRunning(names[1], replicas: 6)
      try await cluster.expectKernelsAgree()
      let stamps = try Stamps(names[0].slot(0), cluster)
      try #require(stamps.lives.count == 2)
      // The lease ran from a heartbeat that was acknowledged before the cut; they are sent each 250 ms.
      let left = stamps.lives[0].last - cut
      #expect(left > 4500 && left < 5200, "\(left) ms")
      #expect(stamps.overlap == nil, "\(stamps.overlap ?? 0) ms")
      let others = before.filter { $0.host != host }
      #expect(Set(try await processes(of: names, cluster)).isSuperset(of: others))
    }

    @Test(
      "The coordinator's clock is set an hour on, and two back: nothing stops or moves; a schedule that is due runs once, and goes on from the clock as it is."
    )
    func ofCoordinator() async throws {
      let cluster = try await cleanCluster()
      try await Stamps.clear(cluster)
      // Its clock is the machine's, which is left alone: so another coordinator is a host's program.
      try await SecondCluster.with(cluster, coordinator: "host1", hosts: ["host2", "host3"]) {
        second in
        let names = try await second.apply(Self.spec(2))
        try await second.waitUntilRunning(names[0], replicas: 1)
        try await second.waitUntilRunning(names[1], replicas: 2)
        let cron = try await second.apply(Self.cron(at: (Stamps.now / 60_000 + 30) % 60))[0]
        let next = try #require(try await second.client.service(cron).work?.nextRun)
        try await step("host1", second, names) {
          try await eventually("the schedule's time has come") {
            try await second.client.service(cron).work?.runs.last?.outcome == .succeeded
          }
          let work = try #require(try await second.client.service(cron).work)
          #expect(work.runs.count == 1 && work.runs[0].scheduledAt == next)
          #expect(
            work.nextRun?.millisecondsSinceEpoch == next.millisecondsSinceEpoch + 3_600_000)
          #expect(try await second.output(of: cron.slot(1), LogRequest()) == "tick\n")
        }
        let work = try #require(try await second.client.service(cron).work)
        #expect(work.runs.count == 1, "not once more for the same time")
        #expect(
          work.nextRun?.millisecondsSinceEpoch == next.millisecondsSinceEpoch - 3_600_000,
          "an hour behind, it comes before the time that was run for")
        let reasons = try await second.client.events(EventFilter(service: cron)).map(\.reason)
        #expect(reasons.contains("clock-set-back"), "\(reasons)")
      }
    }

    /// At a minute that is half an hour away by either clock.
    private static func cron(at minute: Int) -> String {
      """
      name: hourly
      command: [sh, -c, "echo tick"]
      kind: cron
      cron: {schedule: "\(minute) * * * *", starting_deadline: 2h}
      """
    }
  }
}
