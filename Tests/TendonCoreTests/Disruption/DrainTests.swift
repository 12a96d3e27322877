// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

@Suite struct DrainTests {
  private let host1 = ClusterFixture.host("host1")

  private func cluster(
    hosts: Int = 3, cpu: Int64 = 1000, _ specs: ServiceSpec...
  ) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...hosts { try cluster.join("host\(number)", cpu: cpu, memory: 10_000) }
    _ = try cluster.core.apply(specs, now: cluster.now)
    try cluster.obey()
    try cluster.pass(.seconds(2))
    return cluster
  }

  private func on(_ host: String, _ cluster: ClusterFixture, _ service: String = "web") -> Int {
    cluster.hosts(of: service).values.count { $0 == host }
  }

  @Test(
    "A cordoned host keeps what it has and takes nothing new, over a restart too, until it is uncordoned."
  )
  func cordon() throws {
    var cluster = try cluster(ClusterFixture.spec("web", replicas: 3))
    let word = try cluster.core.cordon(
      host1, CordonRequest(reason: "kernel upgrade"), now: cluster.now)
    #expect(word == "host1 takes no new instances; the 1 instance on it stay")
    _ = try cluster.core.scale(ClusterFixture.service("web"), to: 12, now: cluster.now)
    try cluster.obey()
    #expect(on("host1", cluster) == 1 && cluster.hosts(of: "web").count == 12)
    _ = try cluster.core.scale(ClusterFixture.service("web"), to: 40, now: cluster.now)
    try cluster.obey()
    let pending = cluster.core.instanceViews(of: ClusterFixture.service("web"))
      .first { $0.state == .pending }
    #expect(
      pending?.message.contains("host1: is cordoned (kernel upgrade)") == true, "\(pending as Any)")
    let next = ClusterFixture(stored: cluster.stored(), epoch: 2)
    #expect(next.core.hostView(host1, now: next.now)?.cordon?.reason == "kernel upgrade")
    _ = try cluster.core.uncordon(host1, now: cluster.now)
    try cluster.obey()
    #expect(on("host1", cluster) == 10)
  }

  @Test("A drain moves services with never a copy less, and ends; the host takes nothing then.")
  func drain() throws {
    var cluster = try cluster(
      ClusterFixture.spec("web", replicas: 6), ClusterFixture.spec("api", replicas: 3))
    _ = try cluster.core.drain(host1, DrainRequest(), now: cluster.now)
    var fewest = 9
    for _ in 0..<40 {
      try cluster.pass(.milliseconds(50))
      fewest = min(fewest, cluster.hosts(of: "web").count + cluster.hosts(of: "api").count)
    }
    #expect(fewest == 9)
    #expect(on("host1", cluster) == 0 && on("host1", cluster, "api") == 0)
    let view = try #require(cluster.core.hostView(host1, now: cluster.now))
    #expect(view.cordon?.drain?.isDone == true && view.drain?.left == 0)
    #expect(cluster.core.events(EventFilter(host: host1)).last?.reason == "host-drained")
    #expect(cluster.stored().hosts.first?.cordon?.drain?.isDone == true)
  }

  @Test("No more are on the way at once than the pace allows.")
  func pace() throws {
    let specs = (0..<6).map { ClusterFixture.spec("s\($0)", replicas: 3) }
    var cluster = ClusterFixture()
    for number in 1...3 { try cluster.join("host\(number)", cpu: 9000, memory: 10_000) }
    _ = try cluster.core.apply(specs, now: cluster.now)
    try cluster.obey()
    _ = try cluster.core.drain(host1, DrainRequest(pace: 2), now: cluster.now)
    // Nobody does as told: what is on the way stays so.
    for _ in 0..<5 { try cluster.pass(.seconds(1), isObedient: false) }
    #expect(cluster.core.progress(of: host1) == DrainProgress(left: 6, moving: 2, blocked: []))
    try cluster.pass(.seconds(5))
    #expect(cluster.core.progress(of: host1)?.left == 0)
  }

  @Test("What fits nowhere stays where it runs, and is told; room lets it go, a deadline ends it.")
  func blocked() throws {
    var cluster = try cluster(hosts: 2, cpu: 500, ClusterFixture.spec("web", replicas: 2, cpu: 400))
    _ = try cluster.core.drain(
      host1, DrainRequest(deadline: .seconds(60)), now: cluster.now)
    try cluster.pass(.seconds(3))
    #expect(cluster.hosts(of: "web").count == 2)
    let progress = try #require(cluster.core.progress(of: host1))
    #expect(progress.left == 1 && progress.moving == 0)
    #expect(
      progress.blocked.first?.contains("can't leave its host yet, since it fits on no host")
        == true, "\(progress)")
    var wide = cluster
    try wide.join("host3", cpu: 500)
    try wide.pass(.seconds(3))
    #expect(wide.hosts(of: "web").count == 2 && on("host1", wide) == 0)
    try cluster.pass(.seconds(60))
    #expect(cluster.hosts(of: "web").count == 1 && on("host1", cluster) == 0)
    #expect(cluster.core.progress(of: host1)?.left == 0)
  }

  @Test("A coordinator that starts again goes on with a drain; uncordoning ends it.")
  func restart() throws {
    var cluster = try cluster(ClusterFixture.spec("web", replicas: 6))
    _ = try cluster.core.drain(host1, DrainRequest(pace: 1), now: cluster.now)
    cluster.drain()
    var next = ClusterFixture(stored: cluster.stored(), epoch: 2)
    next.now = cluster.now
    for number in 1...3 { try next.join("host\(number)", memory: 10_000) }
    try next.pass(.seconds(10))
    #expect(on("host1", next) == 0 && next.hosts(of: "web").count == 6)
    _ = try cluster.core.uncordon(host1, now: cluster.now)
    try cluster.pass(.seconds(10))
    #expect(on("host1", cluster) >= 1)
    #expect(cluster.core.hostView(host1, now: cluster.now)?.cordon == nil)
  }

  @Test(
    "Bad paces and deadlines, and a cordon in place of a drain, are refused and change nothing.")
  func refused() throws {
    var cluster = try cluster(ClusterFixture.spec("web", replicas: 3))
    for request in [
      DrainRequest(pace: 0), DrainRequest(pace: 1001),
      DrainRequest(deadline: Span(milliseconds: 0)),
    ] {
      let error = #expect(throws: APIError.self) {
        _ = try cluster.core.drain(host1, request, now: cluster.now)
      }
      #expect(error?.code == .badRequest)
      #expect(cluster.core.hostView(host1, now: cluster.now)?.cordon == nil)
    }
    _ = try cluster.core.drain(host1, DrainRequest(), now: cluster.now)
    let error = #expect(throws: APIError.self) {
      _ = try cluster.core.cordon(host1, CordonRequest(), now: cluster.now)
    }
    #expect(error?.message.contains("host1 is being drained already") == true, "\(error as Any)")
  }
}
