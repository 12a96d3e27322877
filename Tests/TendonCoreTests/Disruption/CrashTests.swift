// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// Instances that some hosts fail, and others do not.
@Suite struct CrashTests {
  private let web = InstanceID(service: ClusterFixture.service("web"), slot: 0)

  /// Hosts that run what they should, except that on `bad` ones everything of version 1 is in a crash loop.
  private struct Bed {
    var cluster = ClusterFixture()
    var bad: Set<HostID> = []
    private var known: [HostID: [Epoch: DesiredPlacement]] = [:]

    init(hosts: Int) throws {
      for number in 1...hosts { try cluster.join("host\(number)") }
    }

    /// Until nothing more follows.
    mutating func run(crashLoop: Int = 8) throws {
      cluster.drain()
      var before: [HostID: [Epoch: DesiredPlacement]]
      repeat {
        before = cluster.desired
        for host in cluster.living.sorted() {
          let wanted = cluster.desired[host] ?? [:]
          let removed = (known[host] ?? [:]).keys.filter { wanted[$0] == nil }
          known[host] = wanted
          let statuses = wanted.values.sorted { $0.epoch < $1.epoch }.map { placement in
            let crashes = bad.contains(host) && placement.spec.command.last == "1"
            return PlacementStatus(
              epoch: placement.epoch, instance: placement.instance,
              phase: crashes ? .waiting : .running,
              pid: crashes ? nil : Int32(placement.epoch.rawValue),
              startedAt: cluster.now.wall, crashLoop: crashes ? crashLoop : nil,
              lastExit: crashes
                ? ExitReport(status: .exited(code: 3), at: cluster.now.wall, outOfMemory: false)
                : nil,
              message: crashes ? "exited with status 3" : "running")
          }
          try cluster.send(host, statuses: statuses, removed: removed.sorted())
        }
      } while before != cluster.desired
    }

    var places: [String] {
      cluster.desired.flatMap { host, wanted in wanted.values.map { _ in host.rawValue } }.sorted()
    }

    func reasons(_ reason: String) -> [ClusterEvent] {
      cluster.core.events(EventFilter(limit: 1000)).filter { $0.reason == reason }
    }
  }

  private func spec(_ version: String = "1", replicas: Int = 1) -> ServiceSpec {
    ClusterFixture.spec("web", replicas: replicas, command: ["server", version])
  }

  @Test(
    "What its host keeps failing runs elsewhere, and is not placed there again for a while, over a restart too."
  )
  func moved() throws {
    var bed = try Bed(hosts: 3)
    bed.bad = [ClusterFixture.host("host1")]
    _ = try bed.cluster.core.apply([spec()], now: bed.cluster.now)
    try bed.run(crashLoop: 7)
    #expect(bed.places == ["host1"], "its agent starts it again first")
    try bed.run()
    #expect(bed.places.count == 1 && bed.places != ["host1"])
    let event = try #require(bed.reasons("moved").first)
    #expect(event.message.contains("host1 keeps failing it"), "\(event.message)")
    let why = try bed.cluster.core.why("web.0", now: bed.cluster.now)
    #expect(why.evidence.contains { $0.hasPrefix("host1 keeps failing it, the last time at") })
    bed.cluster.drain()
    var next = ClusterFixture(stored: bed.cluster.stored(), epoch: 2)
    next.now = bed.cluster.now
    for number in 1...3 where "host\(number)" != bed.places[0] { try next.join("host\(number)") }
    try next.pass(.seconds(20))
    let host = next.hosts(of: "web")[0]
    #expect(host != nil && host != "host1" && host != bed.places[0])
  }

  @Test("What fails on three hosts stays on the third, one copy of it, and says so once.")
  func everywhere() throws {
    var bed = try Bed(hosts: 5)
    bed.bad = Set((1...5).map { ClusterFixture.host("host\($0)") })
    _ = try bed.cluster.core.apply([spec()], now: bed.cluster.now)
    for _ in 0..<10 { try bed.run() }
    #expect(bed.places.count == 1, "\(bed.places)")
    #expect(bed.reasons("moved").count == 2)
    let events = bed.reasons("fails-everywhere")
    #expect(events.count == 1 && events.first?.severity == .error)
    #expect(events.first?.message.contains("and stays on \(bed.places[0])") == true, "\(events)")
    let why = try bed.cluster.core.why("web.0", now: bed.cluster.now)
    #expect(
      why.evidence.contains { $0.contains("it is not tried on further hosts") }, "\(why.evidence)")
    // Nothing is held against the next version.
    _ = try bed.cluster.core.apply([spec("2")], now: bed.cluster.now)
    try bed.run()
    #expect(bed.cluster.core.troubles(of: web) == nil && bed.places.count == 1)
  }

  @Test("With nowhere else to go it stays, and is not placed again and again.")
  func alone() throws {
    var bed = try Bed(hosts: 1)
    bed.bad = [ClusterFixture.host("host1")]
    _ = try bed.cluster.core.apply([spec()], now: bed.cluster.now)
    try bed.run()
    let epoch = bed.cluster.core.nextEpoch
    for _ in 0..<5 { try bed.run() }
    #expect(bed.cluster.core.nextEpoch == epoch && bed.places == ["host1"])
    #expect(bed.reasons("fails-everywhere").count == 1)
    // Room elsewhere is used.
    try bed.cluster.join("host2")
    try bed.run()
    #expect(bed.places == ["host2"])
  }

  @Test(
    "A new version that one host fails is tried on another, while the old copy serves; then it stays with both."
  )
  func rollOut() throws {
    var bed = try Bed(hosts: 5)
    _ = try bed.cluster.core.apply([spec("0")], now: bed.cluster.now)
    try bed.run()
    let old = bed.places
    bed.bad = Set((1...5).map { ClusterFixture.host("host\($0)") })
    _ = try bed.cluster.core.apply([spec("1")], now: bed.cluster.now)
    for _ in 0..<10 { try bed.run() }
    #expect(bed.places.count == 2 && bed.places.contains(old[0]), "\(bed.places)")
    #expect(
      bed.cluster.desired.values.flatMap(\.values).map { $0.spec.command[1] }.sorted() == [
        "0", "1",
      ])
    #expect(bed.cluster.core.troubles(of: web)?.failures.count == 3)
  }

  @Test(
    "A host's loss is made up for elsewhere; only where nothing else is left, on a host that failed it."
  )
  func avoided() throws {
    var bed = try Bed(hosts: 2)
    bed.bad = [ClusterFixture.host("host1")]
    _ = try bed.cluster.core.apply([spec()], now: bed.cluster.now)
    try bed.run()
    #expect(bed.places == ["host2"])
    bed.bad = []
    bed.cluster.living.remove(ClusterFixture.host("host2"))
    try bed.cluster.pass(.seconds(5), isObedient: false)
    try bed.run()
    #expect(bed.cluster.desired[ClusterFixture.host("host1")]?.count == 1)
  }

  @Test("A daemon stays on its host, whatever it does there.")
  func daemon() throws {
    var bed = try Bed(hosts: 2)
    bed.bad = [ClusterFixture.host("host1")]
    var daemon = spec()
    daemon.workload.kind = .daemon
    _ = try bed.cluster.core.apply([daemon], now: bed.cluster.now)
    for _ in 0..<3 { try bed.run() }
    #expect(bed.places == ["host1", "host2"] && bed.reasons("moved").isEmpty)
  }

  @Test("A released instance is tried everywhere once more.")
  func released() throws {
    var bed = try Bed(hosts: 4)
    bed.bad = Set((1...4).map { ClusterFixture.host("host\($0)") })
    _ = try bed.cluster.core.apply([spec()], now: bed.cluster.now)
    for _ in 0..<10 { try bed.run() }
    #expect(bed.reasons("moved").count == 2)
    _ = try bed.cluster.core.release(web.service, slot: 0, now: bed.cluster.now)
    for _ in 0..<10 { try bed.run() }
    #expect(bed.reasons("moved").count == 4)
  }
}
