// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// What is done, and not done, about hosts that are down.
@Suite struct HostLossTests {
  private func cluster(_ count: Int, replicas: Int) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...count { try cluster.join("host\(number)") }
    _ = try cluster.core.apply(
      [ClusterFixture.spec("web", replicas: replicas)], now: cluster.now)
    try cluster.obey()
    try cluster.pass(.seconds(3))
    return cluster
  }

  private func reasons(_ cluster: ClusterFixture) -> [String] {
    cluster.core.events(EventFilter()).map(\.reason)
  }

  @Test(
    "Three of eight hosts lost at once: nothing moves until an operator confirms, then all of it.")
  func confirmed() throws {
    var cluster = try cluster(8, replicas: 8)
    let before = cluster.hosts(of: "web")
    for name in ["host1", "host2", "host3"] { cluster.living.remove(ClusterFixture.host(name)) }
    try cluster.pass(.seconds(60))
    #expect(reasons(cluster).count { $0 == "brake-on" } == 1)
    #expect(reasons(cluster).count { $0 == "host-down" } == 3)
    #expect(!reasons(cluster).contains("moved"))
    #expect(cluster.hosts(of: "web").count == 5)
    let held = try #require(before.first { $0.value == "host1" }).key
    let view = try #require(
      cluster.core.instanceView(InstanceID(service: ClusterFixture.service("web"), slot: held)))
    #expect(view.message.contains("the brake is on"), "\(view)")
    let word = try cluster.core.confirmDown(ClusterFixture.host("host1"), now: cluster.now)
    #expect(word.contains("host1 counts as dead"), "\(word)")
    try cluster.obey()
    try cluster.pass(.seconds(2))
    #expect(cluster.hosts(of: "web").count == 6, "a word about one moves what that one had")
    // Two quiet hosts are too few for the brake, once they have been so for its window.
    try cluster.pass(.seconds(10))
    #expect(cluster.hosts(of: "web").count == 8)
    #expect(reasons(cluster).count { $0 == "brake-off" } == 1)
    #expect(Set(cluster.hosts(of: "web").values).isDisjoint(with: ["host1", "host2", "host3"]))
  }

  @Test("They are heard again: the brake goes off, and nothing has moved.")
  func heard() throws {
    var cluster = try cluster(6, replicas: 6)
    let before = cluster.hosts(of: "web")
    let lost = ["host1", "host2", "host3", "host4"].map(ClusterFixture.host)
    cluster.living.subtract(lost)
    try cluster.pass(.seconds(30))
    #expect(reasons(cluster).contains("brake-on"))
    // One after the other, as a network comes back.
    for host in lost {
      cluster.living.insert(host)
      try cluster.pass(.milliseconds(500))
    }
    try cluster.pass(.seconds(1))
    #expect(reasons(cluster).contains("brake-off"))
    #expect(cluster.hosts(of: "web") == before && !reasons(cluster).contains("moved"))
  }

  @Test("Two of nine hosts are no mass failure: their instances move.")
  func few() throws {
    var cluster = try cluster(9, replicas: 9)
    cluster.living.subtract(["host1", "host2"].map(ClusterFixture.host))
    try cluster.pass(.seconds(5))
    #expect(!reasons(cluster).contains("brake-on"))
    #expect(cluster.hosts(of: "web").count == 9)
  }

  @Test(
    "A coordinator that starts while most hosts are silent brakes too; one that never heard of them does not mind."
  )
  func restart() throws {
    var cluster = try cluster(6, replicas: 6)
    cluster.living.subtract(["host1", "host2", "host3"].map(ClusterFixture.host))
    var next = ClusterFixture(stored: cluster.stored(), epoch: 2)
    for number in 4...6 { try next.join("host\(number)") }
    try next.pass(.seconds(20))
    #expect(reasons(next).contains("brake-on") && !reasons(next).contains("moved"))
    // Hosts that hold nothing are only old names.
    var old = ClusterFixture()
    for number in 1...6 { try old.join("host\(number)") }
    var after = ClusterFixture(stored: old.stored(), epoch: 2)
    try after.join("host1")
    try after.pass(.seconds(20))
    #expect(!reasons(after).contains("brake-on"))
  }

  @Test(
    "What is confirmed down is so until it is heard, over a restart too; a host that is heard is refused."
  )
  func confirmation() throws {
    var cluster = try cluster(3, replicas: 3)
    let host = ClusterFixture.host("host1")
    let refusal = #expect(throws: APIError.self) {
      try cluster.core.confirmDown(host, now: cluster.now)
    }
    #expect(refusal?.code == .conflict && refusal?.message.contains("host1 is not down") == true)
    let unknown = #expect(throws: APIError.self) {
      try cluster.core.confirmDown(ClusterFixture.host("host9"), now: cluster.now)
    }
    #expect(
      unknown?.code == .notFound && unknown?.message.contains("there are: host1, host2") == true)
    cluster.living.remove(host)
    // Not given up yet: the operator knows better.
    try cluster.pass(.milliseconds(1200))
    _ = try cluster.core.confirmDown(host, now: cluster.now)
    try cluster.obey()
    try cluster.pass(.milliseconds(100))
    #expect(cluster.hosts(of: "web").count == 3)
    #expect(cluster.stored().hosts.first?.confirmedDownAt != nil)
    cluster.living.insert(host)
    try cluster.pass(.seconds(1))
    #expect(cluster.stored().hosts.first?.confirmedDownAt == nil)
    #expect(reasons(cluster).contains("confirmation-over"))
  }

  @Test("More than the burst is moved at the pace that is set.")
  func pace() throws {
    var cluster = ClusterFixture()
    cluster.core.pace = MovePace(
      {
        var settings = DisruptionSettings()
        settings.moveBurst = 2
        settings.movesPerMinute = 60
        return settings
      }())
    for number in 1...3 { try cluster.join("host\(number)", cpu: 10_000, memory: 10_000) }
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 15)], now: cluster.now)
    try cluster.obey()
    try cluster.pass(.seconds(3))
    cluster.living.remove(ClusterFixture.host("host1"))
    var counts: [Int] = []
    for _ in 0..<80 {
      try cluster.pass(.milliseconds(100))
      let count = cluster.hosts(of: "web").count
      if counts.last != count { counts.append(count) }
    }
    #expect(counts == [15, 12, 13, 14, 15], "\(counts)")
  }
}
