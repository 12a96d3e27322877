// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// Budgets where something has to be stopped before what takes its place can start.
@Suite struct BudgetTests {
  private let host1 = ClusterFixture.host("host1")

  private func web(
    _ budget: BudgetSettings?, version: String = "1", replicas: Int = 3
  ) -> ServiceSpec {
    var spec = ClusterFixture.spec("web", replicas: replicas, cpu: 600, command: ["run", version])
    spec.budget = budget
    return spec
  }

  /// As many hosts as instances, each with room for one.
  private func full(_ spec: ServiceSpec) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...spec.replicas { try cluster.join("host\(number)") }
    _ = try cluster.core.apply([spec], now: cluster.now)
    try cluster.obey()
    try cluster.pass(.seconds(2))
    return cluster
  }

  private func versions(_ cluster: ClusterFixture) -> [String] {
    cluster.desired.values.flatMap(\.values).map { $0.spec.command[1] }.sorted()
  }

  private func reasons(_ cluster: ClusterFixture) -> [String] {
    cluster.core.events(EventFilter()).map(\.reason)
  }

  @Test(
    "A roll-out without room for both stops one after the other, and only when the one before is there."
  )
  func oneByOne() throws {
    for budget in [nil, BudgetSettings(maxUnavailable: .count(3))] {
      var cluster = try full(web(budget))
      _ = try cluster.core.apply([web(budget, version: "2")], now: cluster.now)
      cluster.drain()
      // The host says that the old copy is gone, and of the new one nothing yet.
      let host = try #require(
        cluster.living.sorted().first { cluster.desired[$0]?.isEmpty == true })
      try cluster.report(host)
      #expect(versions(cluster) == ["1", "1", "2"], "the next slot waits for the first")
      try cluster.obey()
      #expect(versions(cluster) == ["2", "2", "2"])
    }
  }

  @Test(
    "A roll-out stops nothing that serves while its budget is used up by what is down, and says so; then it goes on."
  )
  func rollOut() throws {
    let budget = BudgetSettings(minAvailable: .count(2))
    var cluster = try full(web(budget))
    let lost = try #require(cluster.hosts(of: "web").first { $0.value == "host3" }).key
    cluster.living.remove(ClusterFixture.host("host3"))
    try cluster.pass(.seconds(5))
    #expect(cluster.hosts(of: "web").count == 2)
    _ = try cluster.core.apply([web(budget, version: "2")], now: cluster.now)
    try cluster.pass(.seconds(5))
    #expect(versions(cluster).count { $0 == "1" } >= 2)
    let slot = try #require(cluster.hosts(of: "web").keys.min())
    let why = try cluster.core.why("web.\(slot)", now: cluster.now)
    #expect(
      why.summary.contains("keeps its old version: it fits on no host")
        && why.summary.contains(
          "its budget (min_available: 2) lets at most 1 of 3 instances be unavailable; unavailable now: web.\(lost)"
        ),
      "\(why.summary)")
    let service = try cluster.core.why("web", now: cluster.now)
    #expect(
      service.evidence.contains(
        "disruption budget (min_available: 2): at most 1 of 3 instances may be unavailable; "
          + "unavailable now: web.\(lost)"), "\(service.evidence)")
    #expect(reasons(cluster).count { $0 == "held-back" } == 1)
    cluster.living.insert(ClusterFixture.host("host3"))
    try cluster.pass(.seconds(5))
    #expect(versions(cluster) == ["2", "2", "2"])
    #expect(reasons(cluster).count { $0 == "held-back" } == 1)
  }

  @Test("A budget of nothing lets a version pass only where there is room for both.")
  func nothing() throws {
    let budget = BudgetSettings(maxUnavailable: .count(0))
    var cluster = try full(web(budget))
    _ = try cluster.core.apply([web(budget, version: "2")], now: cluster.now)
    try cluster.pass(.seconds(5))
    #expect(versions(cluster) == ["1", "1", "1"])
    try cluster.join("host4")
    try cluster.pass(.seconds(5))
    #expect(versions(cluster) == ["2", "2", "2"])
  }

  @Test(
    "What does not serve is replaced first, whatever the budget: it may be what the new version mends."
  )
  func broken() throws {
    let budget = BudgetSettings(maxUnavailable: .count(1))
    var cluster = try full(web(budget))
    let (host, placement) = try #require(
      cluster.desired.compactMap { host, wanted in
        wanted.values.first { $0.instance.slot == 2 }.map { (host, $0) }
      }.first)
    try cluster.send(
      host,
      statuses: [
        PlacementStatus(
          epoch: placement.epoch, instance: placement.instance, phase: .waiting, crashLoop: 6)
      ])
    _ = try cluster.core.apply([web(budget, version: "2")], now: cluster.now)
    cluster.drain()
    #expect(cluster.desired[host]?.isEmpty == true, "web.2 makes way")
    #expect(versions(cluster) == ["1", "1"])
    try cluster.obey()
    #expect(versions(cluster) == ["2", "2", "2"])
  }

  @Test(
    "A drain of what is fenced keeps to the budget, one after the other; its deadline goes over it, and says so."
  )
  func fenced() throws {
    let budget = BudgetSettings(maxUnavailable: .count(1))
    var spec = ClusterFixture.spec("web", replicas: 4)
    spec.budget = budget
    spec.fence = true
    var cluster = ClusterFixture()
    for number in 1...2 { try cluster.join("host\(number)") }
    _ = try cluster.core.apply([spec], now: cluster.now)
    try cluster.obey()
    _ = try cluster.core.drain(host1, DrainRequest(deadline: .seconds(10)), now: cluster.now)
    cluster.drain()
    #expect(cluster.desired[host1]?.count == 1, "one of two is stopped")
    let blocked = cluster.core.progress(of: host1)?.blocked ?? []
    #expect(
      blocked.first?.contains("is on the way, and one goes after the other") == true,
      "\(blocked)")
    // Nobody does as told, so the first is never gone.
    try cluster.pass(.seconds(9), isObedient: false)
    #expect(cluster.desired[host1]?.count == 1)
    var patient = cluster
    try patient.pass(.milliseconds(500))
    #expect(patient.hosts(of: "web").values.sorted() == ["host2", "host2", "host2", "host2"])
    try cluster.pass(.seconds(2), isObedient: false)
    #expect(cluster.desired[host1]?.isEmpty == true)
    let event = cluster.core.events(EventFilter()).last { $0.reason == "budget-exceeded" }
    #expect(
      event?.message.contains("past its deadline, though its budget (max_unavailable: 1)") == true)
  }

  @Test("What has ended before is counted on when it has run for five seconds, not before.")
  func steady() throws {
    let budget = BudgetSettings(maxUnavailable: .count(1))
    var cluster = try full(web(budget))
    let all = cluster.desired.flatMap { host, wanted in wanted.values.map { (host, $0) } }
    for (host, placement) in all where placement.instance.slot == 2 {
      try cluster.send(
        host,
        statuses: [
          PlacementStatus(
            epoch: placement.epoch, instance: placement.instance, phase: .running, pid: 999,
            restarts: 1,
            lastExit: ExitReport(status: .exited(code: 1), at: cluster.now.wall, outOfMemory: false)
          )
        ])
    }
    let first = try #require(all.first { $0.1.instance.slot == 0 }).1.epoch
    #expect(cluster.core.budgetRefusal(ofStopping: [first])?.contains("web.2") == true)
    try cluster.pass(.seconds(4), isObedient: false)
    #expect(cluster.core.budgetRefusal(ofStopping: [first]) != nil)
    try cluster.pass(.seconds(2), isObedient: false)
    #expect(cluster.core.budgetRefusal(ofStopping: [first]) == nil)
  }

  @Test("A coordinator that has just started stops nothing before it knows what serves.")
  func restart() throws {
    let budget = BudgetSettings(maxUnavailable: .count(1))
    var cluster = try full(web(budget))
    let epochs = cluster.desired.values.flatMap(\.keys)
    cluster.drain()
    let next = ClusterFixture(stored: cluster.stored(), epoch: 2)
    for epoch in epochs { #expect(next.core.budgetRefusal(ofStopping: [epoch]) != nil) }
    for epoch in epochs { #expect(cluster.core.budgetRefusal(ofStopping: [epoch]) == nil) }
    #expect(cluster.core.budgetRefusal(ofStopping: Set(epochs.prefix(2))) != nil)
  }

  @Test("A daemon's budget counts the hosts that match.")
  func daemon() throws {
    var cluster = ClusterFixture()
    for number in 1...3 { try cluster.join("host\(number)") }
    func spec(_ version: String) -> ServiceSpec {
      var spec = web(
        BudgetSettings(maxUnavailable: .percent(34)), version: version, replicas: 1)
      spec.workload.kind = .daemon
      return spec
    }
    _ = try cluster.core.apply([spec("1")], now: cluster.now)
    try cluster.obey()
    cluster.living.remove(ClusterFixture.host("host3"))
    try cluster.pass(.seconds(5))
    _ = try cluster.core.apply([spec("2")], now: cluster.now)
    try cluster.pass(.seconds(5))
    #expect(versions(cluster) == ["1", "1", "1"])
    cluster.living.insert(ClusterFixture.host("host3"))
    try cluster.pass(.seconds(5))
    #expect(versions(cluster) == ["2", "2", "2"])
  }
}
