// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// Instances under which one host after the other goes down.
@Suite struct QuarantineTests {
  private let killer = InstanceID(service: ClusterFixture.service("killer"), slot: 0)

  private func cluster(_ count: Int, _ services: [ServiceSpec]) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...count { try cluster.join("host\(number)", cpu: 4000, memory: 10_000) }
    _ = try cluster.core.apply(services, now: cluster.now)
    try cluster.obey()
    try cluster.pass(.seconds(3))
    return cluster
  }

  private var spec: ServiceSpec { ClusterFixture.spec("killer") }

  private func host(of instance: InstanceID, _ cluster: ClusterFixture) -> HostID? {
    cluster.core.instanceView(instance).flatMap { $0.state == .running ? $0.host : nil }
  }

  /// The host that runs the instance loses its power.
  private func crash(_ instance: InstanceID, _ cluster: inout ClusterFixture) throws -> HostID {
    let host = try #require(self.host(of: instance, cluster))
    cluster.living.remove(host)
    try cluster.pass(.seconds(5))
    return host
  }

  private func reasons(_ cluster: ClusterFixture) -> [String] {
    cluster.core.events(EventFilter()).map(\.reason)
  }

  @Test(
    "The third host down under an instance is the last; it says so, over a restart too, until it is released."
  )
  func third() throws {
    var cluster = try cluster(12, [spec])
    var lost: [HostID] = []
    for _ in 0..<3 {
      #expect(!reasons(cluster).contains("quarantined"))
      lost.append(try crash(killer, &cluster))
      try cluster.pass(.seconds(10))
    }
    #expect(Set(lost).count == 3 && host(of: killer, cluster) == nil)
    let event = try #require(cluster.core.events(EventFilter()).last { $0.reason == "quarantined" })
    #expect(event.severity == .error && event.instance == killer && event.host == lost[2])
    let words =
      "\(lost[0]), \(lost[1]) and \(lost[2]) went down, each within 2m of its being placed there"
    #expect(event.message.contains(words), "\(event.message)")
    let why = try cluster.core.why("killer.0", now: cluster.now)
    #expect(
      why.summary.contains("is quarantined: \(words)")
        && why.summary.contains("tendon release killer.0"), "\(why.summary)")
    #expect(why.evidence.count { $0.contains("after it was placed there") } == 3)
    #expect(cluster.core.instanceView(killer)?.quarantinedAt != nil)
    var next = ClusterFixture(stored: cluster.stored(), epoch: 2)
    next.now = cluster.now
    for number in 1...12 where !lost.contains(ClusterFixture.host("host\(number)")) {
      try next.join("host\(number)", cpu: 4000, memory: 10_000)
    }
    try next.pass(.seconds(20))
    #expect(host(of: killer, next) == nil)
    let word = try next.core.release(killer.service, slot: 0, now: next.now)
    #expect(word == "killer.0 is placed as if nothing had been")
    try next.obey()
    #expect(host(of: killer, next) != nil)
    #expect(next.stored().services.first?.troubles == nil)
    #expect(
      try next.core.release(killer.service, now: next.now) == "nothing is held against killer")
  }

  @Test("A changed spec releases it, the same spec does not.")
  func applied() throws {
    var cluster = try cluster(12, [spec])
    for _ in 0..<3 {
      _ = try crash(killer, &cluster)
      try cluster.pass(.seconds(10))
    }
    _ = try cluster.core.apply([spec], now: cluster.now)
    try cluster.obey()
    #expect(host(of: killer, cluster) == nil)
    _ = try cluster.core.apply(
      [ClusterFixture.spec("killer", command: ["mended"])], now: cluster.now)
    try cluster.obey()
    #expect(host(of: killer, cluster) != nil)
  }

  @Test(
    "A host that is heard again in the same boot was only cut off: it does not count, and is taken back."
  )
  func cut() throws {
    var cluster = try cluster(12, [spec])
    var lost: [HostID] = []
    for _ in 0..<3 {
      lost.append(try crash(killer, &cluster))
      try cluster.pass(.seconds(10))
    }
    #expect(host(of: killer, cluster) == nil)
    // Rebooted: that was a crash.
    try cluster.join(lost[0].rawValue, cpu: 4000, memory: 10_000, boot: 2)
    try cluster.pass(.seconds(2))
    #expect(host(of: killer, cluster) == nil)
    cluster.living.insert(lost[1])
    try cluster.pass(.seconds(2))
    #expect(host(of: killer, cluster) != nil)
    #expect(reasons(cluster).contains("released"))
    #expect(cluster.core.troubles(of: killer)?.losses.map(\.host) == [lost[0], lost[2]])
  }

  @Test(
    "Two minutes on a host that lives make up for what was before; so does a host that goes down later than that."
  )
  func healthy() throws {
    var cluster = try cluster(12, [spec])
    for _ in 0..<2 {
      _ = try crash(killer, &cluster)
      try cluster.pass(.seconds(10))
    }
    var other = cluster
    #expect(cluster.core.troubles(of: killer)?.losses.count == 2)
    try cluster.pass(.seconds(115))
    #expect(cluster.core.troubles(of: killer)?.losses == nil)
    for _ in 0..<2 {
      _ = try crash(killer, &cluster)
      try cluster.pass(.seconds(10))
    }
    #expect(host(of: killer, cluster) != nil)
    // Nobody looked meanwhile.
    other.advance(.seconds(130))
    let now = other.now.wall
    other.core.changeTroubles(of: killer) {
      $0.hostLost(
        SlotTroubles.HostLoss(
          host: ClusterFixture.host("host9"), epoch: Epoch(1),
          placedAt: Timestamp(millisecondsSinceEpoch: now.millisecondsSinceEpoch - 121_000),
          at: now,
          bootID: ""), DisruptionSettings())
    }
    #expect(other.core.troubles(of: killer) == nil)
  }

  @Test(
    "What an operator does, hosts that go down together and a goodbye are not held against anyone.",
    arguments: ["cordon", "confirm", "together", "goodbye"])
  func fair(cause: String) throws {
    var cluster = try cluster(12, [spec])
    let host = try #require(self.host(of: killer, cluster))
    let other = try #require(cluster.living.first { $0 != host })
    cluster.living.remove(host)
    switch cause {
    case "cordon": _ = try cluster.core.cordon(host, CordonRequest(), now: cluster.now)
    case "confirm":
      try cluster.pass(.milliseconds(1200))
      _ = try cluster.core.confirmDown(host, now: cluster.now)
    case "together": cluster.living.remove(other)
    default: cluster.core.hostSigned(HostSign(.goodbye, host: host), now: cluster.now)
    }
    try cluster.pass(.seconds(70))
    #expect(cluster.core.detector.state(of: host) == .down)
    #expect(cluster.core.troubles(of: killer) == nil)
  }

  @Test(
    "Where instances of many services share what happened, none is to blame; of two, both are.",
    arguments: [2, 3])
  func shared(count: Int) throws {
    let names = Array(["killer", "one", "two"].prefix(count))
    var cluster = try cluster(1, names.map { ClusterFixture.spec($0) })
    for number in 2...6 { try cluster.join("host\(number)", cpu: 4000, memory: 10_000) }
    for name in names {
      let instance = InstanceID(service: ClusterFixture.service(name), slot: 0)
      for number in 8...9 {
        let now = cluster.now.wall
        cluster.core.changeTroubles(of: instance) {
          $0.hostLost(
            SlotTroubles.HostLoss(
              host: ClusterFixture.host("host\(number)"), epoch: Epoch(1), placedAt: now, at: now,
              bootID: ""), DisruptionSettings())
        }
      }
    }
    cluster.living.remove(ClusterFixture.host("host1"))
    try cluster.pass(.seconds(5))
    #expect(reasons(cluster).count { $0 == "quarantined" } == (count == 2 ? 2 : 0))
    #expect(reasons(cluster).contains("quarantine-unclear") == (count == 3))
    #expect((host(of: killer, cluster) == nil) == (count == 2))
  }

  @Test("With quarantine-hosts=0 nothing is held against anyone.")
  func off() throws {
    var cluster = ClusterFixture { $0.disruption.quarantineHosts = 0 }
    for number in 1...12 { try cluster.join("host\(number)") }
    _ = try cluster.core.apply([spec], now: cluster.now)
    try cluster.obey()
    for _ in 0..<4 {
      _ = try crash(killer, &cluster)
      try cluster.pass(.seconds(10))
    }
    #expect(host(of: killer, cluster) != nil && cluster.core.troubles(of: killer) == nil)
  }
}
