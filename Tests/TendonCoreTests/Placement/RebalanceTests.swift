// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// Moves to load hosts more alike, asked for or not.
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

  @Test(
    "Unasked, a new host gets its share within a minute, nothing is ever missing, and nothing moves again."
  )
  func unasked() throws {
    var cluster = try cluster()
    var fewest = 8
    for _ in 0..<60 {
      try cluster.pass(.seconds(1))
      fewest = min(fewest, cluster.hosts(of: "web").count)
    }
    #expect(fewest == 8)
    #expect(cluster.hosts(of: "web").values.count { $0 == "host2" } == 4)
    let before = cluster.hosts(of: "web")
    try cluster.pass(.seconds(180))
    #expect(cluster.hosts(of: "web") == before)
    let plans = cluster.core.events(EventFilter()).filter { $0.reason == "rebalancing" }
    #expect(plans.count == 1)
  }

  @Test(
    "Nothing moves unasked where that is left to operators, and not before hosts have stayed as they are for a while."
  )
  func left() throws {
    var cluster = try cluster()
    try cluster.pass(.seconds(7))
    #expect(cluster.core.rebalancing.isEmpty)
    var manual = ClusterFixture { $0.placement.rebalance = .manual }
    try manual.join("host1", cpu: 4000)
    _ = try manual.core.apply([ClusterFixture.spec("web", replicas: 8, cpu: 400)], now: manual.now)
    try manual.obey()
    try manual.join("host2", cpu: 4000)
    try manual.pass(.seconds(60))
    #expect(manual.hosts(of: "web").values.allSatisfy { $0 == "host1" })
    #expect(manual.core.rebalancePlan().moves.count == 4)
  }

  @Test(
    "However clusters are loaded, a plan follows a plan a few times at most, and no instance moves back and forth.",
    arguments: 0..<12 as Range<UInt64>)
  func settles(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var cluster = ClusterFixture()
    for number in 1...Int.random(in: 1...3, using: &random) {
      try cluster.join(
        "host\(number)", cpu: 1000 * Int64.random(in: 1...8, using: &random), memory: 16_384)
    }
    for name in ["web", "api", "db"] {
      let spec = ClusterFixture.spec(
        name, replicas: Int.random(in: 1...8, using: &random),
        cpu: 50 * Int64.random(in: 1...12, using: &random),
        memory: 64 * Int64.random(in: 1...20, using: &random))
      _ = try cluster.core.apply([spec], now: cluster.now)
    }
    try cluster.obey()
    for number in 5...Int.random(in: 5...7, using: &random) {
      try cluster.join(
        "host\(number)", cpu: 1000 * Int64.random(in: 1...8, using: &random), memory: 16_384)
    }
    try cluster.pass(.seconds(120))
    let moves = cluster.core.events(EventFilter(limit: 1000))
      .filter { $0.message.contains("which is fuller") }
    let most = Dictionary(grouping: moves, by: \.instance).values.map(\.count).max() ?? 0
    #expect(most <= 1, "seed \(seed)")
    try cluster.pass(.seconds(120))
    let later = cluster.core.events(EventFilter(limit: 1000))
      .filter { $0.message.contains("which is fuller") }
    #expect(later.count == moves.count, "seed \(seed)")
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
