// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// Hosts that go down and come back again and again.
@Suite struct FlappingTests {
  private let host1 = ClusterFixture.host("host1")
  private let settings = DisruptionSettings()

  private func at(_ seconds: Int64) -> Timestamp {
    Timestamp(millisecondsSinceEpoch: seconds * 1000)
  }

  private func cluster(_ hosts: Int = 3) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...hosts { try cluster.join("host\(number)", memory: 10_000) }
    try cluster.pass(.seconds(2))
    return cluster
  }

  private func goDownAndUp(_ cluster: inout ClusterFixture) throws {
    cluster.living.remove(host1)
    try cluster.pass(.seconds(4))
    cluster.living.insert(host1)
    try cluster.pass(.milliseconds(500))
  }

  @Test(
    "The first time is free; then the hold doubles, up to the longest.",
    arguments: [(1, nil), (2, 10), (3, 20), (4, 40), (7, 320), (8, 600), (1000, 600)]
      as [(Int, Int64?)])
  func holds(downs: Int, seconds: Int64?) {
    #expect(FlapRecord.hold(downs: downs, settings) == seconds.map { .seconds($0) })
  }

  @Test("A stable time after the last return, or the end of its hold, makes it a first time again.")
  func stable() {
    var flaps = FlapRecord.wentDown(nil, at: at(0), settings)
    #expect(!flaps.isOver(at: at(10_000), settings), "it is not back")
    flaps.cameBack(at: at(100), settings)
    #expect(flaps.heldUntil == nil && !flaps.isOver(at: at(699), settings))
    #expect(FlapRecord.wentDown(flaps, at: at(699), settings).downs == 2)
    #expect(FlapRecord.wentDown(flaps, at: at(700), settings).downs == 1)
    flaps = FlapRecord.wentDown(flaps, at: at(699), settings)
    flaps.cameBack(at: at(800), settings)
    #expect(flaps.heldUntil == at(810))
    #expect(flaps.isHeld(at: at(809), settings) && !flaps.isHeld(at: at(810), settings))
    // The wall clock was set back by an hour: nothing is held for that long.
    #expect(!flaps.isHeld(at: at(-2800), settings))
  }

  @Test(
    "A host that was down twice takes nothing new for a while, says so in words, and keeps what it has."
  )
  func held() throws {
    var cluster = try cluster()
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 3)], now: cluster.now)
    try cluster.obey()
    try goDownAndUp(&cluster)
    #expect(cluster.core.hostView(host1, now: cluster.now)?.held == nil)
    try goDownAndUp(&cluster)
    let view = try #require(cluster.core.hostView(host1, now: cluster.now))
    #expect(
      view.state == .ready && view.held?.downs == 2 && view.message.contains("held back until"))
    _ = try cluster.core.scale(ClusterFixture.service("web"), to: 30, now: cluster.now)
    try cluster.obey()
    #expect(cluster.hosts(of: "web").values.contains("host1") == false)
    let pending = cluster.core.instanceViews().first { $0.state == .pending }
    #expect(pending?.message.contains("host1: is held back until") == true, "\(pending as Any)")
    let why = try cluster.core.why("host1", now: cluster.now)
    #expect(
      why.evidence.contains { $0.contains("tendon host uncordon host1 ends that") }
        && why.evidence.contains { $0.hasPrefix("went down 2 times lately") }, "\(why.evidence)")
    #expect(cluster.core.events(EventFilter(host: host1)).contains { $0.reason == "host-held" })
    // A coordinator that starts holds it back too.
    var next = ClusterFixture(stored: cluster.stored(), epoch: 2)
    next.now = cluster.now
    for number in 1...3 { try next.join("host\(number)", memory: 10_000) }
    try next.pass(.seconds(2))
    #expect(next.hosts(of: "web").values.contains("host1") == false)
    try next.pass(.seconds(10))
    #expect(next.hosts(of: "web").values.count { $0 == "host1" } == 10)
    #expect(next.core.events(EventFilter(host: host1)).contains { $0.reason == "host-hold-over" })
    // So does an operator's word, at once.
    #expect(
      try cluster.core.uncordon(host1, now: cluster.now).contains("takes new instances again"))
    try cluster.obey()
    #expect(cluster.hosts(of: "web").values.count { $0 == "host1" } == 10)
    #expect(try cluster.core.uncordon(host1, now: cluster.now) == "host1 was not cordoned")
  }

  @Test(
    "A reboot that is too fast to be missed counts, one that its agent announced or that an operator cordoned does not."
  )
  func reboots() throws {
    var cluster = try cluster()
    cluster.closeStream("host1")
    try cluster.join("host1", memory: 10_000, boot: 2)
    #expect(cluster.core.hosts[host1]?.record.flaps?.downs == 1)
    cluster.closeStream("host1")
    try cluster.join("host1", memory: 10_000, boot: 3)
    #expect(cluster.core.hostView(host1, now: cluster.now)?.held?.downs == 2)
    _ = try cluster.core.cordon(host1, CordonRequest(), now: cluster.now)
    cluster.closeStream("host1")
    try cluster.join("host1", memory: 10_000, boot: 4)
    #expect(cluster.core.hosts[host1]?.record.flaps?.downs == 2)
    _ = try cluster.core.uncordon(host1, now: cluster.now)
    cluster.core.hostSigned(HostSign(.goodbye, host: host1), now: cluster.now)
    cluster.advance(.seconds(3))
    try cluster.join("host1", memory: 10_000, boot: 5)
    #expect(cluster.core.hosts[host1]?.record.flaps == nil)
  }

  @Test("Hosts that many others went quiet with are not held back.")
  func brake() throws {
    var cluster = try cluster(5)
    for _ in 0..<3 {
      let lost = ["host1", "host2", "host3"].map(ClusterFixture.host)
      cluster.living.subtract(lost)
      try cluster.pass(.seconds(15))
      cluster.living.formUnion(lost)
      try cluster.pass(.seconds(2))
    }
    #expect(cluster.core.events(EventFilter()).contains { $0.reason == "host-down" })
    #expect(cluster.core.hosts.values.allSatisfy { $0.record.flaps == nil })
  }

  @Test("With flap-hold=0s nobody is held back.")
  func off() throws {
    var cluster = ClusterFixture { $0.disruption.flapHold = .zero }
    for number in 1...3 { try cluster.join("host\(number)") }
    for _ in 0..<4 { try goDownAndUp(&cluster) }
    #expect(cluster.core.hosts[host1]?.record.flaps == nil)
  }
}
