// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// What `tendon apply --plan` tells beforehand.
@Suite struct PlanTests {
  private func cluster(hosts: Int = 3, cpu: Int64 = 1000) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...hosts { try cluster.join("host\(number)", cpu: cpu, memory: 10_000) }
    return cluster
  }

  private func placed(_ plan: PlanView) -> [InstanceID: HostID] {
    plan.steps.reduce(into: [:]) { hosts, step in
      if step.kind == .place { hosts[step.instance] = step.host }
    }
  }

  @Test("A plan changes nothing, and is what applying then does.")
  func equalsWhatIsDone() throws {
    var cluster = try cluster()
    let specs = [
      ClusterFixture.spec("web", replicas: 7, cpu: 300), ClusterFixture.spec("db", cpu: 500),
    ]
    let plan = try cluster.core.plan(specs, now: cluster.now)
    #expect(cluster.core.serviceViews().isEmpty && cluster.core.drain().isEmpty)
    _ = try cluster.core.apply(specs, now: cluster.now)
    try cluster.obey()
    let hosts = placed(plan)
    for view in cluster.core.instanceViews() where view.state == .running {
      #expect(hosts[view.id] == view.host)
    }
    let pending = cluster.core.instanceViews().filter { $0.state == .pending }
    #expect(pending.map(\.id) == plan.waiting.map(\.instance))
    #expect(hosts.count + plan.waiting.count == 8)
  }

  @Test("A new version is planned to its end: each copy placed, then its old one stopped.")
  func rollOut() throws {
    var cluster = try cluster()
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 3)], now: cluster.now)
    try cluster.obey()
    let next = ClusterFixture.spec("web", replicas: 3, command: ["sleep", "1d"])
    let plan = try cluster.core.plan([next], now: cluster.now)
    #expect(plan.steps.map(\.kind) == [.place, .stop, .place, .stop, .place, .stop])
    #expect(plan.services.map(\.outcome) == [.updated] && plan.waiting.isEmpty && !plan.isCut)
    _ = try cluster.core.apply([next], now: cluster.now)
    try cluster.obey()
    for (instance, host) in placed(plan) {
      #expect(cluster.core.instanceView(instance)?.host == host)
    }
  }

  @Test("A change of resources alone is a resize where the instance runs.")
  func resize() throws {
    var cluster = try cluster()
    _ = try cluster.core.apply([ClusterFixture.spec("web", cpu: 100)], now: cluster.now)
    try cluster.obey()
    let plan = try cluster.core.plan([ClusterFixture.spec("web", cpu: 200)], now: cluster.now)
    #expect(plan.steps.map(\.kind) == [.resize])
  }

  @Test("What fits nowhere is told with the reason, and what apply refuses is refused.")
  func waiting() throws {
    var cluster = try cluster(hosts: 1)
    let plan = try cluster.core.plan([ClusterFixture.spec("big", cpu: 2000)], now: cluster.now)
    #expect(plan.steps.isEmpty && plan.waiting.count == 1)
    #expect(plan.waiting.first?.reason.contains("needs 2 CPU, 1 of 1 is free") == true)
    _ = try cluster.core.apply([ClusterFixture.spec("web", cpu: 800)], now: cluster.now)
    try cluster.obey()
    #expect(throws: APIError.self) {
      try cluster.core.plan([ClusterFixture.spec("web", cpu: 5000)], now: cluster.now)
    }
  }
}
