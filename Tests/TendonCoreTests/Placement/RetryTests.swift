// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// What has no host is tried again when something changes that ruled hosts out, and not otherwise.
@Suite struct RetryTests {
  private func cluster(hosts: Int = 2) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...hosts { try cluster.join("host\(number)") }
    return cluster
  }

  private func isRunning(_ name: String, _ cluster: ClusterFixture) -> Bool {
    !cluster.hosts(of: name).isEmpty
  }

  @Test("One that has to be near another service follows as soon as that is placed.")
  func affinity() throws {
    var cluster = try cluster()
    var near = ClusterFixture.spec("near")
    near.placement.affinity = [
      AffinityRule(.service(ClusterFixture.service("other")), isHard: true)
    ]
    _ = try cluster.core.apply([near], now: cluster.now)
    try cluster.obey()
    #expect(!isRunning("near", cluster))
    _ = try cluster.core.apply([ClusterFixture.spec("other")], now: cluster.now)
    try cluster.obey()
    #expect(isRunning("near", cluster))
    #expect(cluster.hosts(of: "near")[0] == cluster.hosts(of: "other")[0])
  }

  @Test("Room that a resize gives back is used at once.")
  func resize() throws {
    var cluster = try cluster(hosts: 1)
    _ = try cluster.core.apply([ClusterFixture.spec("large", cpu: 900)], now: cluster.now)
    _ = try cluster.core.apply([ClusterFixture.spec("small", cpu: 300)], now: cluster.now)
    try cluster.obey()
    #expect(!isRunning("small", cluster))
    var change = ResourcesChange()
    change.cpuRequest = MilliCPU(500)
    _ = try cluster.core.resize(
      ClusterFixture.service("large"), ResizeRequest(slot: nil, change: change), now: cluster.now)
    try cluster.obey()
    #expect(isRunning("small", cluster))
  }

  @Test(
    "Room that comes free is no reason to look again at what no host's labels suit; a label is.")
  func labels() throws {
    var cluster = try cluster()
    var picky = ClusterFixture.spec("picky")
    picky.placement.constraints = [LabelTerm("disk", .isOne(of: ["ssd"]))]
    _ = try cluster.core.apply([picky, ClusterFixture.spec("web", replicas: 4)], now: cluster.now)
    try cluster.obey()
    #expect(!isRunning("picky", cluster))
    let decisions = cluster.core.engine.decisions
    _ = try cluster.core.scale(ClusterFixture.service("web"), to: 1, now: cluster.now)
    try cluster.obey()
    #expect(cluster.hosts(of: "web").count == 1)
    #expect(cluster.core.engine.decisions == decisions)
    try cluster.join("host3", labels: ["disk": "ssd"])
    try cluster.obey()
    #expect(cluster.hosts(of: "picky")[0] == "host3")
  }
}
