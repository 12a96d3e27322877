// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonCore

/// Whether a host has room for what its instances are to get.
@Suite struct GrowthRoomTests {
  private func engine(_ countables: [String: Int64] = [:]) -> PlacementEngine {
    var engine = PlacementEngine()
    var host = Made.host("host1")
    host.countables = Countables(countables)
    engine.put(host)
    return engine
  }

  private func placed(_ epoch: UInt64, _ demand: PlacementDemand) -> PlacedInstance {
    PlacedInstance(epoch: Epoch(epoch), demand: demand, host: Made.id("host1"))
  }

  @Test(
    "Growth is refused by everything that is bounded, with what is free; the state is as before.")
  func refused() {
    var engine = engine(["pids": 1000, "gpu": 2, "disk": 10 << 30])
    var resources = Resources()
    resources.pids = .value(600)
    resources.disk = .value(.mebibytes(4096))
    let small = placed(1, Made.demand("web", cpu: 1000, memory: 1024, resources: resources))
    engine.add(small)
    resources.pids = .value(1001)
    resources.disk = .value(.mebibytes(12 << 10))
    resources.devices = ["gpu": 3]
    let large = Made.demand("web", cpu: 4001, memory: 9000, resources: resources)
    let before = engine[Made.id("host1")]
    let words = engine.refusals(
      of: [PlacementGrowth(of: small, to: large)], by: Made.id("host1"))
    #expect(
      Set(words) == [
        "needs 3001m CPU, 3 of 4 is free", "needs 7976Mi memory, 7Gi of 8Gi is free",
        "needs 401 of pids, 400 of 1000 is free", "needs 8Gi of disk, 6Gi of 10Gi is free",
        "needs 3 of gpu, 2 of 2 is free",
      ], "\(words)")
    #expect(engine[Made.id("host1")] == before)
  }

  @Test("What does not grow is no reason, also where the host has given more than it has.")
  func shrinking() {
    var engine = engine(["pids": 1000])
    var resources = Resources()
    resources.pids = .value(800)
    let one = placed(1, Made.demand("web", cpu: 3000, memory: 10, resources: resources))
    let two = placed(2, Made.demand("api", cpu: 3000, memory: 10, resources: resources))
    engine.add(one)
    engine.add(two)
    var smaller = one.demand
    smaller.cpu = MilliCPU(2500)
    let host = Made.id("host1")
    #expect(engine.refusals(of: [PlacementGrowth(of: one, to: smaller)], by: host).isEmpty)
    var more = two.demand
    more.memory = .mebibytes(20)
    #expect(
      engine.refusals(
        of: [PlacementGrowth(of: one, to: smaller), PlacementGrowth(of: two, to: more)], by: host
      ).isEmpty)
    more.cpu = MilliCPU(3001)
    #expect(
      engine.refusals(of: [PlacementGrowth(of: two, to: more)], by: host)
        == ["needs 1m CPU, 0 of 4 is free"])
  }

  @Test("A resize beyond what a host says it can give out is refused, and changes nothing.")
  func resize() throws {
    var cluster = ClusterFixture()
    try cluster.join("host1", countables: Countables(["pids": 100]))
    var spec = ClusterFixture.spec("web", replicas: 2)
    spec.resources.pids = .value(50)
    _ = try cluster.core.apply([spec], now: cluster.now)
    try cluster.obey()
    var change = ResourcesChange()
    change.pids = .value(60)
    do throws(APIError) {
      _ = try cluster.core.resize(spec.name, ResizeRequest(change: change), now: cluster.now)
      Issue.record("it was resized")
    } catch {
      #expect(
        error.code == .conflict
          && error.details.map(\.message)
            == ["needs 20 of pids, 0 of 100 is free (on top of now)"]
      )
    }
    #expect(cluster.core.instanceViews().allSatisfy { $0.resources.pids == .value(50) })
    change.pids = .value(40)
    _ = try cluster.core.resize(spec.name, ResizeRequest(change: change), now: cluster.now)
    spec.resources.pids = .value(51)
    #expect(throws: APIError.self) { try cluster.core.apply([spec], now: cluster.now) }
  }
}
