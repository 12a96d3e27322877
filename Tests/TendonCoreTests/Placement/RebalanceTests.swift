// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// Moves that an operator asks for, to load hosts more alike.
@Suite struct RebalanceTests {
  private func cluster(_ change: (inout ServiceSpec) -> Void = { _ in }) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    try cluster.join("host1", cpu: 4000, memory: 10_000)
    var spec = ClusterFixture.spec("web", replicas: 8, cpu: 400)
    change(&spec)
    _ = try cluster.core.apply([spec], now: cluster.now)
    try cluster.obey()
    try cluster.join("host2", cpu: 4000, memory: 10_000)
    try cluster.pass(.seconds(2))
    return cluster
  }

  @Test("A new host gets its share, no instance is ever missing, and then nothing is left to move.")
  func share() throws {
    var cluster = try cluster()
    let plan = cluster.core.rebalancePlan()
    #expect(plan.moves.count == 4 && plan.imbalanceAfter < plan.imbalanceBefore)
    #expect(cluster.core.drain().isEmpty, "a plan changes nothing")
    #expect(try cluster.core.rebalance(now: cluster.now) == plan)
    var fewest = 8
    for _ in 0..<40 {
      try cluster.pass(.milliseconds(50))
      fewest = min(fewest, cluster.hosts(of: "web").count)
    }
    #expect(fewest == 8)
    #expect(cluster.hosts(of: "web").values.count { $0 == "host2" } == 4)
    #expect(cluster.core.rebalancePlan().moves.isEmpty)
    #expect(cluster.core.rebalancing.isEmpty)
    let moved = cluster.core.events(EventFilter(host: ClusterFixture.host("host2")))
    #expect(moved.count { $0.message.contains("to leave host1, which is fuller") } == 4)
  }

  @Test("What is fenced, packed, or asks to stay is not moved.")
  func stays() throws {
    #expect(try cluster { $0.fence = true }.core.rebalancePlan().moves.isEmpty)
    #expect(try cluster { $0.placement.policy = .pack }.core.rebalancePlan().moves.isEmpty)
    #expect(try cluster { $0.placement.rebalances = false }.core.rebalancePlan().moves.isEmpty)
  }

  @Test("One whose host has no room any more stays where it is, and nothing waits for it.")
  func givenUp() throws {
    var cluster = try cluster()
    _ = try cluster.core.cordon(ClusterFixture.host("host2"), CordonRequest(), now: cluster.now)
    #expect(cluster.core.rebalancePlan().moves.isEmpty)
    _ = try cluster.core.uncordon(ClusterFixture.host("host2"), now: cluster.now)
    _ = try cluster.core.rebalance(now: cluster.now)
    _ = try cluster.core.cordon(ClusterFixture.host("host2"), CordonRequest(), now: cluster.now)
    try cluster.pass(.seconds(3))
    #expect(cluster.core.instanceViews().allSatisfy { $0.state == .running })
    #expect(cluster.core.rebalancing.isEmpty)
  }
}
