// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

@Suite struct TaintedHostTests {
  private let host1 = ClusterFixture.host("host1")

  private func cluster(_ specs: ServiceSpec...) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...2 { try cluster.join("host\(number)", cpu: 4000, memory: 10_000) }
    if !specs.isEmpty { _ = try cluster.core.apply(specs, now: cluster.now) }
    try cluster.obey()
    return cluster
  }

  @Test("A taint that refuses keeps new instances off, leaves the others, and outlives a restart.")
  func refuse() throws {
    var cluster = try cluster(ClusterFixture.spec("web", replicas: 4))
    let word = try cluster.core.taint(
      host1, TaintRequest(add: [try Taint("gpu=true")]), now: cluster.now)
    #expect(word == "host1 has gpu=true:refuse")
    _ = try cluster.core.scale(ClusterFixture.service("web"), to: 8, now: cluster.now)
    try cluster.obey()
    #expect(cluster.hosts(of: "web").values.count { $0 == "host1" } == 2)
    var tolerant = ClusterFixture.spec("train", replicas: 3)
    tolerant.placement.tolerations = [try Toleration("gpu")]
    var next = ClusterFixture(stored: cluster.stored(), epoch: 2)
    for number in 1...2 { try next.join("host\(number)", cpu: 4000, memory: 10_000) }
    _ = try next.core.apply([tolerant], now: next.now)
    try next.obey()
    #expect(next.hosts(of: "train").values.contains("host1"))
    _ = try next.core.scale(ClusterFixture.service("web"), to: 100, now: next.now)
    let pending = try next.core.why("web.99", now: next.now)
    #expect(pending.summary.contains("host1: has the taint gpu=true:refuse"), "\(pending)")
    #expect(
      try next.core.taint(host1, TaintRequest(remove: [try Toleration("*")]), now: next.now)
        == "host1 has no taint")
  }

  @Test("A taint that evicts moves what does not tolerate it, the new copy running first.")
  func evict() throws {
    var tolerant = ClusterFixture.spec("train", replicas: 2)
    tolerant.placement.tolerations = [try Toleration("*")]
    var cluster = try cluster(ClusterFixture.spec("web", replicas: 4), tolerant)
    let before = cluster.hosts(of: "train")
    _ = try cluster.core.taint(
      host1, TaintRequest(add: [try Taint("old:evict")]), now: cluster.now)
    var fewest = 4
    for _ in 0..<40 {
      try cluster.pass(.milliseconds(50))
      fewest = min(fewest, cluster.hosts(of: "web").count)
    }
    #expect(fewest == 4)
    #expect(Set(cluster.hosts(of: "web").values) == ["host2"])
    #expect(cluster.hosts(of: "train") == before)
    #expect(
      cluster.core.events(EventFilter(service: ClusterFixture.service("web")))
        .contains { $0.message.contains("which has a taint that evicts it") })
  }

  @Test("Without a taint to change, or a host, nothing is changed.")
  func refused() throws {
    var cluster = try cluster()
    #expect(throws: APIError.self) {
      try cluster.core.taint(host1, TaintRequest(), now: cluster.now)
    }
    #expect(throws: APIError.self) {
      try cluster.core.taint(
        ClusterFixture.host("nowhere"), TaintRequest(add: [try Taint("a")]), now: cluster.now)
    }
  }
}
