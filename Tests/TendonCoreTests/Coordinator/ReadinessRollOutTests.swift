// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("Readiness in the coordinator")
struct ReadinessRollOutTests {
  private func spec(_ version: String) -> ServiceSpec {
    var spec = ClusterFixture.spec("web", replicas: 2, command: ["server", version])
    spec.supervision.probes.readiness = Probe(command: ["check"])
    return spec
  }

  /// Every host runs what it should, and what it should not run is gone; ready are those that `isReady` says.
  private func run(
    _ cluster: inout ClusterFixture, _ isReady: (DesiredPlacement) -> Bool
  ) throws {
    var known = cluster.desired
    cluster.drain()
    var before: [HostID: [Epoch: DesiredPlacement]]
    repeat {
      before = cluster.desired
      for host in cluster.living.sorted() {
        let wanted = cluster.desired[host] ?? [:]
        let removed = (known[host] ?? [:]).keys.filter { wanted[$0] == nil }
        known[host] = wanted
        try cluster.send(
          host,
          statuses: wanted.values.map { placement in
            PlacementStatus(
              epoch: placement.epoch, instance: placement.instance, phase: .running,
              pid: Int32(placement.epoch.rawValue), ready: isReady(placement),
              message: isReady(placement) ? "ready" : "not ready: HTTP status 503")
          }, removed: removed.sorted())
      }
    } while before != cluster.desired
  }

  private func running(_ cluster: ClusterFixture, version: String) -> Int {
    cluster.desired.values.flatMap(\.values).count { $0.spec.command == ["server", version] }
  }

  @Test("A roll-out keeps the old copy, and goes no further, until the new one is ready.")
  func gates() throws {
    var cluster = ClusterFixture()
    for number in 1...3 { try cluster.join("host\(number)") }
    _ = try cluster.core.apply([spec("1")], now: cluster.now)
    try run(&cluster) { _ in true }
    _ = try cluster.core.apply([spec("2")], now: cluster.now)
    try run(&cluster) { $0.spec.command == ["server", "1"] }
    #expect(running(cluster, version: "1") == 2, "both old copies run on")
    #expect(running(cluster, version: "2") == 1, "one slot at a time")
    let why = try cluster.core.why("web.0", now: cluster.now)
    #expect(
      why.evidence.contains {
        $0.contains("takes over when it is ready; it is running: not ready")
      },
      "\(why.evidence)")
    try run(&cluster) { _ in true }
    #expect(running(cluster, version: "1") == 0 && running(cluster, version: "2") == 2)
  }

  @Test("A version that never becomes ready is replaced by the next one, beside the old copy.")
  func fixedForward() throws {
    var cluster = ClusterFixture()
    for number in 1...3 { try cluster.join("host\(number)") }
    _ = try cluster.core.apply([spec("1")], now: cluster.now)
    try run(&cluster) { _ in true }
    _ = try cluster.core.apply([spec("2")], now: cluster.now)
    try run(&cluster) { $0.spec.command == ["server", "1"] }
    _ = try cluster.core.apply([spec("3")], now: cluster.now)
    try run(&cluster) { $0.spec.command != ["server", "2"] }
    #expect(running(cluster, version: "3") == 2)
    #expect(running(cluster, version: "1") == 0 && running(cluster, version: "2") == 0)
  }

  @Test("Readiness and crash loops are events when they change, and not when they are told again.")
  func events() throws {
    var cluster = ClusterFixture()
    try cluster.join("host1")
    var one = spec("1")
    one.replicas = 1
    _ = try cluster.core.apply([one], now: cluster.now)
    for isReady in [false, true, true, false, false, true] {
      try run(&cluster) { _ in isReady }
    }
    let host = ClusterFixture.host("host1")
    let placement = try #require(cluster.desired[host]?.values.first)
    for count in [nil, 5, 6, 7] as [Int?] {
      try cluster.send(
        host,
        statuses: [
          PlacementStatus(
            epoch: placement.epoch, instance: placement.instance, phase: .waiting, restarts: 3,
            ready: false, crashLoop: count,
            lastExit: ExitReport(
              status: .exited(code: 3), at: Timestamp(millisecondsSinceEpoch: 5),
              outOfMemory: false, lastLines: ["no database"]), message: "waits")
        ])
    }
    let events = cluster.core.events(EventFilter(instance: placement.instance, limit: 100))
    #expect(events.count { $0.reason == "ready" } == 2)
    #expect(events.count { $0.reason == "not-ready" } == 1)
    let loops = events.filter { $0.reason == "crash-loop" }
    #expect(loops.count == 1)
    #expect(
      loops.first?.message
        == "In a crash loop on host1: it ended 5 times in a row. The last time: "
        + "exited with status 3. It last wrote: no database")
    let why = try cluster.core.why(placement.instance.description, now: cluster.now)
    #expect(why.evidence.contains("crash loop: 7 ends in a row"))
    #expect(why.evidence.contains("  no database"))
  }
}
