// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

@Suite("Lent room")
struct LendTests {
  private let burst = try! ReservationName("burst")
  private let batch = try! Priority("batch")

  private func spec(
    _ name: String, replicas: Int = 1, cpu: Int64, priority: Priority = .normal
  ) -> ServiceSpec {
    var spec = ClusterFixture.spec(name, replicas: replicas, cpu: cpu)
    spec.priority = priority
    return spec
  }

  /// One host of 1 CPU, of which 800m are held for web, and lent.
  private func cluster(lend: Bool = true) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    try cluster.join("host1", cpu: 1000, memory: 1024)
    _ = try cluster.core.reserve(
      ReserveRequest(
        reservation: Reservation(
          name: burst, amount: .init(cpu: MilliCPU(800), memory: .mebibytes(600)),
          services: [ClusterFixture.service("web")], lend: lend)), now: cluster.now)
    return cluster
  }

  private func apply(_ cluster: inout ClusterFixture, _ specs: ServiceSpec...) throws {
    _ = try cluster.core.apply(specs, now: cluster.now)
    try cluster.obey()
  }

  private func view(_ cluster: ClusterFixture) -> ReservationView? {
    cluster.core.reservationView(burst, now: cluster.now)
  }

  private func pending(_ name: String, _ cluster: ClusterFixture) -> String? {
    cluster.core.instanceViews(of: ClusterFixture.service(name)).first { $0.state == .pending }?
      .message
  }

  @Test("Goes to what is less important and finds no other room; nothing is guaranteed there.")
  func lent() throws {
    var cluster = try cluster()
    try apply(&cluster, spec("sums", replicas: 4, cpu: 200, priority: batch))
    #expect(cluster.hosts(of: "sums").count == 4)
    let name = ClusterFixture.service("sums")
    let borrowers = cluster.core.instanceViews(of: name).filter { $0.isLent == true }
    #expect(borrowers.count == 3, "one is in what is free")
    #expect(borrowers.allSatisfy { !$0.resources.memory.isGuaranteed && $0.reservation == burst })
    #expect(view(cluster)?.borrowers == borrowers.map(\.id) && view(cluster)?.instances == [])
    #expect(
      view(cluster)?.drawn.cpu == .zero && view(cluster)?.holds.first?.lent?.cpu.rawValue == 600)
    let why = try cluster.core.why(borrowers[0].id.description, now: cluster.now)
    #expect(why.evidence.contains { $0.contains("has to leave when that is needed") })
    let next = ClusterFixture(stored: cluster.stored(), epoch: 2)
    #expect(view(next)?.borrowers == borrowers.map(\.id), "over a restart")
  }

  @Test("Does not go to those as important, nor where nothing is lent.")
  func refused() throws {
    var cluster = try cluster()
    try apply(&cluster, spec("equal", cpu: 300), spec("low", cpu: 100, priority: batch))
    #expect(pending("equal", cluster)?.contains("200m of 1 is free") == true)
    #expect(cluster.hosts(of: "low") == [0: "host1"] && view(cluster)?.borrowers == nil)
    var closed = try self.cluster(lend: false)
    try apply(&closed, spec("sums", cpu: 300, priority: batch))
    #expect(pending("sums", closed)?.contains("200m of 1 is free") == true)
  }

  @Test(
    "Is taken back when it is needed, from the fewest and youngest, who wait until it is free again."
  )
  func reclaimed() throws {
    var cluster = try cluster()
    try apply(&cluster, spec("sums", replicas: 4, cpu: 200, priority: batch))
    let before = Set(view(cluster)?.borrowers ?? [])
    // 200m of what is held is not lent: one has to leave for 400m, and only one.
    _ = try cluster.core.apply([spec("web", cpu: 400)], now: cluster.now)
    #expect(pending("web", cluster)?.contains("to leave the room that is held for it") == true)
    #expect(cluster.core.placements.values.count(where: \.isStopping) == 1)
    try cluster.obey()
    #expect(cluster.hosts(of: "web") == [0: "host1"])
    #expect(view(cluster)?.drawn.cpu.rawValue == 400)
    let after = Set(view(cluster)?.borrowers ?? [])
    #expect(after.count == 2 && after.isSubset(of: before))
    #expect(!after.contains(before.max()!), "the youngest left")
    #expect(pending("sums", cluster) != nil)
    let stopped = cluster.core.events(EventFilter(service: ClusterFixture.service("sums")))
      .last { $0.reason == "stopped" }
    #expect(
      stopped?.message.contains("the reservation burst, which lent it its room, is needed by web.0")
        == true, "\(stopped as Any)")
    let free = try #require(cluster.core.engine[ClusterFixture.host("host1")]).free()
    #expect(free.cpu >= .zero)
    _ = try cluster.core.delete(ClusterFixture.service("web"), now: cluster.now)
    try cluster.obey()
    #expect(cluster.hosts(of: "sums").count == 4 && view(cluster)?.borrowers?.count == 3)
  }

  @Test("Whoever borrowed runs on when the reservation is deleted.")
  func deleted() throws {
    var cluster = try cluster()
    try apply(&cluster, spec("sums", replicas: 4, cpu: 200, priority: batch))
    _ = try cluster.core.deleteReservation(burst, now: cluster.now)
    try cluster.obey()
    #expect(cluster.hosts(of: "sums").count == 4)
    let name = ClusterFixture.service("sums")
    #expect(cluster.core.instanceViews(of: name).allSatisfy { $0.isLent == nil })
  }
}
