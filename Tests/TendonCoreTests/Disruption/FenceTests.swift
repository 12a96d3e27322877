// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// When the coordinator places what must never run twice.
@Suite struct FenceTests {
  private let web = ClusterFixture.service("web")
  private var first: InstanceID { InstanceID(service: web, slot: 0) }

  private func spec(command: [String] = ["sleep", "inf"]) -> ServiceSpec {
    var spec = ClusterFixture.spec("web", command: command)
    spec.fence = true
    return spec
  }

  private func cluster() throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...3 { try cluster.join("host\(number)") }
    _ = try cluster.core.apply([spec()], now: cluster.now)
    try cluster.obey()
    try cluster.pass(.seconds(3))
    return cluster
  }

  private func host(_ cluster: ClusterFixture) throws -> HostID {
    ClusterFixture.host(try #require(cluster.hosts(of: "web")[0]))
  }

  /// How long after `start` a second copy is wanted.
  private func timeOfSecond(_ cluster: inout ClusterFixture) throws -> Duration {
    let start = cluster.now.monotonic
    for _ in 0..<400 {
      try cluster.pass(.milliseconds(50))
      if cluster.core.placements.count > 1 { break }
    }
    return cluster.now.monotonic - start
  }

  @Test(
    "A replacement waits for lease x (1 + drift) + kill time since its host was last heard, and says so."
  )
  func lost() throws {
    var cluster = try cluster()
    cluster.living.remove(try host(cluster))
    var early = cluster
    try early.pass(.seconds(3))
    let view = try #require(early.core.instanceView(first))
    #expect(view.message.contains("it is fenced, and may run on"), "\(view)")
    #expect(view.message.contains("5550ms after it was last heard"), "\(view)")
    let time = try timeOfSecond(&cluster)
    // Heard up to 250 ms before it was cut off.
    #expect(time > .milliseconds(5300) && time <= .milliseconds(5600), "\(time)")
  }

  @Test(
    "A copy from before it was fenced is ended by no lease: its host has to be back, or confirmed down."
  )
  func fencedLater() throws {
    var cluster = ClusterFixture()
    for number in 1...3 { try cluster.join("host\(number)") }
    _ = try cluster.core.apply([ClusterFixture.spec("web")], now: cluster.now)
    try cluster.obey()
    try cluster.pass(.seconds(3))
    let host = try host(cluster)
    cluster.living.remove(host)
    // Fenced before its host is given up, so nothing has been placed elsewhere yet.
    _ = try cluster.core.apply([spec()], now: cluster.now)
    try cluster.pass(.seconds(20))
    let placements = cluster.core.placements.count
    #expect(placements == 1)
    let view = try #require(cluster.core.instanceView(first))
    #expect(view.message.contains("is from before it was"), "\(view.message)")
    _ = try cluster.core.confirmDown(host, now: cluster.now)
    #expect(cluster.core.placements.count == 2)
  }

  @Test(
    "A host that is only suspect, since its kernel answers, has had to end what is fenced: that runs elsewhere when the lease is over, and the rest stays."
  )
  func suspectHost() throws {
    var cluster = try cluster()
    _ = try cluster.core.apply([ClusterFixture.spec("plain", replicas: 3)], now: cluster.now)
    try cluster.obey()
    try cluster.pass(.seconds(3))
    let host = try host(cluster)
    cluster.living.remove(host)
    let start = cluster.now.monotonic
    var movedAfter: Duration?
    for _ in 0..<200 {
      try cluster.pass(.milliseconds(50))
      cluster.core.hostSigned(HostSign(.kernel, host: host), now: cluster.now)
      if movedAfter == nil, cluster.core.placements.count > 4 {
        movedAfter = cluster.now.monotonic - start
      }
    }
    #expect(cluster.core.state(of: host) == .suspect)
    let time = try #require(movedAfter)
    #expect(time > .milliseconds(5300) && time <= .milliseconds(5700), "\(time)")
    #expect(
      cluster.core.wantedCopies(of: ClusterFixture.service("plain")).values.allSatisfy { $0 == 1 })
    #expect(cluster.core.placements.count == 5)
    let moved = try #require(cluster.core.events(EventFilter()).last { $0.reason == "moved" })
    #expect(moved.message.contains("is not heard, and its lease has ended"), "\(moved.message)")
  }

  @Test("What an operator confirms to be dead is waited for no longer.")
  func confirmed() throws {
    var cluster = try cluster()
    let host = try host(cluster)
    cluster.living.remove(host)
    try cluster.pass(.seconds(2))
    #expect(cluster.core.placements.count == 1)
    _ = try cluster.core.confirmDown(host, now: cluster.now)
    #expect(cluster.core.placements.count == 2)
  }

  @Test(
    "A coordinator that has just started waits a whole lease, for it knows nothing of what was acknowledged before."
  )
  func restart() throws {
    let before = try cluster()
    let host = try host(before)
    var cluster = ClusterFixture(stored: before.stored(), epoch: 2)
    for number in 1...3 where ClusterFixture.host("host\(number)") != host {
      try cluster.join("host\(number)")
    }
    let time = try timeOfSecond(&cluster)
    #expect(time > .milliseconds(5500) && time <= .milliseconds(5700), "\(time)")
  }

  @Test(
    "A new version starts only when the old copy is gone, and so does one that leaves a drained host."
  )
  func stopFirst() throws {
    for isDrained in [false, true] {
      var cluster = try cluster()
      let host = try host(cluster)
      if isDrained {
        _ = try cluster.core.drain(host, DrainRequest(), now: cluster.now)
      } else {
        _ = try cluster.core.apply([spec(command: ["sleep", "9"])], now: cluster.now)
      }
      // Nobody does as told yet.
      try cluster.pass(.seconds(2), isObedient: false)
      #expect(cluster.core.placements.count == 1)
      #expect(cluster.core.placements.values.first?.isStopping == true)
      var most = 0
      for _ in 0..<40 {
        try cluster.pass(.milliseconds(50))
        most = max(most, cluster.desired.values.reduce(0) { $0 + $1.count })
      }
      #expect(most == 1)
      #expect(cluster.hosts(of: "web").count == 1)
      if isDrained { #expect(try self.host(cluster) != host) }
    }
  }

  @Test("Where it fits on no other host it is not stopped for a drain.")
  func noRoom() throws {
    var cluster = ClusterFixture()
    try cluster.join("host1")
    _ = try cluster.core.apply([spec()], now: cluster.now)
    try cluster.obey()
    _ = try cluster.core.drain(ClusterFixture.host("host1"), DrainRequest(), now: cluster.now)
    try cluster.pass(.seconds(3))
    #expect(cluster.hosts(of: "web").count == 1)
  }

  @Test("An instance that is not fenced waits for nothing.")
  func unfenced() throws {
    var cluster = ClusterFixture()
    for number in 1...3 { try cluster.join("host\(number)") }
    _ = try cluster.core.apply([ClusterFixture.spec("web")], now: cluster.now)
    try cluster.obey()
    try cluster.pass(.seconds(3))
    cluster.living.remove(try host(cluster))
    #expect(try timeOfSecond(&cluster) < .seconds(3))
  }
}
