// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// Services that are placed all or none, and how much room there is.
@Suite struct GangTests {
  private func spec(_ name: String, replicas: Int, cpu: Int64, gang: String?) -> ServiceSpec {
    var spec = ClusterFixture.spec(name, replicas: replicas, cpu: cpu)
    spec.placement.gang = gang
    return spec
  }

  private func cluster(hosts: Int) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...hosts { try cluster.join("host\(number)", cpu: 1000, memory: 10_000) }
    return cluster
  }

  @Test("Nothing of a gang is placed while not all of it fits; when it does, all of it is.")
  func allOrNone() throws {
    var cluster = try cluster(hosts: 2)
    let specs = [
      spec("db", replicas: 1, cpu: 800, gang: "shop"),
      spec("web", replicas: 3, cpu: 600, gang: "shop"),
    ]
    _ = try cluster.core.apply(specs, now: cluster.now)
    try cluster.obey()
    #expect(cluster.core.instanceViews().allSatisfy { $0.state == .pending })
    let why = try cluster.core.why("web.0", now: cluster.now)
    #expect(why.summary.contains("its gang shop is placed as a whole"), "\(why.summary)")
    #expect(why.summary.contains("only 2 of the 4 instances"), "\(why.summary)")
    // Others still find the room that the gang does not have.
    _ = try cluster.core.apply([spec("other", replicas: 1, cpu: 100, gang: nil)], now: cluster.now)
    try cluster.obey()
    #expect(cluster.hosts(of: "other").count == 1)
    try cluster.join("host3", cpu: 1000, memory: 10_000)
    try cluster.obey()
    #expect(cluster.hosts(of: "web").isEmpty && cluster.hosts(of: "db").isEmpty)
    try cluster.join("host4", cpu: 1000, memory: 10_000)
    try cluster.obey()
    #expect(cluster.hosts(of: "web").count == 3 && cluster.hosts(of: "db").count == 1)
  }

  @Test("A fenced member is not placed while a copy of it is still ending.")
  func fenced() throws {
    var cluster = try cluster(hosts: 3)
    var member = spec("db", replicas: 2, cpu: 300, gang: "shop")
    member.fence = true
    _ = try cluster.core.apply([member], now: cluster.now)
    try cluster.obey()
    let db = ClusterFixture.service("db")
    _ = try cluster.core.scale(db, to: 1, now: cluster.now)
    // Its host has not ended it yet.
    _ = try cluster.core.scale(db, to: 2, now: cluster.now)
    let id = InstanceID(service: db, slot: 1)
    #expect(cluster.core.instanceView(id)?.placements == 1)
    #expect(cluster.core.instanceView(id)?.message.contains("it is fenced") == true)
    try cluster.obey()
    #expect(cluster.hosts(of: "db").count == 2)
  }

  @Test("What a gang loses later is placed again by itself.")
  func loss() throws {
    var cluster = try cluster(hosts: 3)
    _ = try cluster.core.apply([spec("web", replicas: 3, cpu: 600, gang: "shop")], now: cluster.now)
    try cluster.obey()
    #expect(cluster.hosts(of: "web").count == 3)
    cluster.living.remove(ClusterFixture.host("host1"))
    try cluster.pass(.seconds(5))
    #expect(cluster.hosts(of: "web").count == 2)
    try cluster.join("host4", cpu: 1000, memory: 10_000)
    try cluster.pass(.seconds(1))
    #expect(cluster.hosts(of: "web").count == 3)
  }

  @Test("Capacity counts what would fit, and says what limits it; nothing is placed.")
  func capacity() throws {
    var cluster = try cluster(hosts: 2)
    let view = try cluster.core.capacity(for: [spec("web", replicas: 1, cpu: 300, gang: nil)])
    #expect(view.services.map(\.count) == [6])
    #expect(view.services.first?.limit?.contains("needs 300m CPU, 100m of 1 is free") == true)
    #expect(cluster.core.drain().isEmpty)
    #expect(throws: APIError.self) { try cluster.core.capacity(for: []) }
  }

  @Test("The best hosts for an instance are told with what counts for and against each.")
  func scores() throws {
    var cluster = try cluster(hosts: 3)
    _ = try cluster.core.apply([spec("web", replicas: 2, cpu: 300, gang: nil)], now: cluster.now)
    try cluster.obey()
    let evidence = try cluster.core.why("web.0", now: cluster.now).evidence
    #expect(
      evidence.contains { $0.hasPrefix("best host now: host") && $0.contains("balance -0.05") })
    #expect(evidence.count { $0.hasPrefix("then: host") } == 2)
  }
}
