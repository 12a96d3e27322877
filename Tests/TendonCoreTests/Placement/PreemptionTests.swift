// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// What makes room for what is more important.
@Suite struct PreemptionTests {
  private func spec(
    _ name: String, replicas: Int = 1, cpu: Int64, _ priority: String
  ) throws -> ServiceSpec {
    var spec = ClusterFixture.spec(name, replicas: replicas, cpu: cpu)
    spec.priority = try Priority(priority)
    return spec
  }

  private func cluster(hosts: Int = 2, _ specs: ServiceSpec...) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...hosts { try cluster.join("host\(number)", cpu: 1000, memory: 10_000) }
    _ = try cluster.core.apply(specs, now: cluster.now)
    try cluster.obey()
    try cluster.pass(.seconds(6))
    return cluster
  }

  @Test(
    "The fewest of lower priority leave, the more important runs, and what left waits with the reason."
  )
  func makesRoom() throws {
    var cluster = try cluster(try spec("small", replicas: 4, cpu: 500, "batch"))
    _ = try cluster.core.apply([try spec("big", cpu: 900, "high")], now: cluster.now)
    #expect(
      cluster.core.instanceView(InstanceID(service: ClusterFixture.service("big"), slot: 0))?
        .message
        .contains("to make room for it") == true)
    try cluster.obey()
    #expect(cluster.hosts(of: "big").count == 1 && cluster.hosts(of: "small").count == 2)
    let events = cluster.core.events(EventFilter(service: ClusterFixture.service("small")))
    #expect(
      events.count { $0.reason == "preempted" } == 2
        && events.contains {
          $0.message.contains("it makes room for big.0, whose priority is high (its own is batch)")
        })
    // With more room everybody runs again.
    try cluster.join("host3", cpu: 1000, memory: 10_000)
    try cluster.obey()
    #expect(cluster.hosts(of: "small").count == 4)
  }

  @Test(
    "Equal priority makes no room, and neither does a budget, which only the class system overrides."
  )
  func bounds() throws {
    var cluster = try cluster(hosts: 1, try spec("one", replicas: 2, cpu: 500, "normal"))
    _ = try cluster.core.apply([try spec("two", cpu: 500, "normal")], now: cluster.now)
    try cluster.obey()
    #expect(cluster.hosts(of: "two").isEmpty && cluster.hosts(of: "one").count == 2)
    var kept = try spec("one", replicas: 2, cpu: 500, "normal")
    kept.budget = BudgetSettings(maxUnavailable: .count(0))
    _ = try cluster.core.apply([kept], now: cluster.now)
    try cluster.obey()
    _ = try cluster.core.apply([try spec("two", cpu: 500, "high")], now: cluster.now)
    try cluster.obey()
    #expect(cluster.hosts(of: "two").isEmpty && cluster.hosts(of: "one").count == 2)
    _ = try cluster.core.apply([try spec("two", cpu: 500, "system")], now: cluster.now)
    try cluster.obey()
    #expect(cluster.hosts(of: "two").count == 1 && cluster.hosts(of: "one").count == 1)
  }

  @Test("What is leaving already is waited for: nobody else is stopped for the same room.")
  func waits() throws {
    var cluster = try cluster(try spec("small", replicas: 4, cpu: 500, "batch"))
    _ = try cluster.core.apply([try spec("big", cpu: 900, "high")], now: cluster.now)
    for _ in 0..<5 { try cluster.pass(.seconds(1), isObedient: false) }
    let events = cluster.core.events(EventFilter(service: ClusterFixture.service("small")))
    #expect(events.count { $0.reason == "preempted" } == 2)
  }

  @Test("A plan tells who would leave, before anything is done.")
  func plan() throws {
    let cluster = try cluster(hosts: 1, try spec("small", replicas: 2, cpu: 500, "batch"))
    let plan = try cluster.core.plan([try spec("big", cpu: 900, "high")], now: cluster.now)
    #expect(plan.steps.map(\.kind) == [.stop, .stop, .place])
    #expect(Set(plan.waiting.map(\.instance.service.rawValue)) == ["small"])
  }
}
