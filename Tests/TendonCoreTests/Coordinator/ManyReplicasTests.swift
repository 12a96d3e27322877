// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("A service of many replicas")
struct ManyReplicasTests {
  private let host1 = ClusterFixture.host("host1")

  private func cluster(replicas: Int) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    try cluster.join("host1", cpu: 64_000, memory: 65_536)
    _ = try cluster.core.apply(
      [ClusterFixture.spec("web", replicas: replicas, cpu: 10, memory: 16)], now: cluster.now)
    return cluster
  }

  @Test("Comes over the stream in several lines, of which only the last carries the new revision.")
  func lines() throws {
    var cluster = try cluster(replicas: 200)
    let before = cluster.core.revision
    let step = cluster.core.drain()
    var placed: [Epoch] = []
    for (index, delta) in step.deltas.enumerated() {
      guard case .delta(let revision, let upserts, let removals) = delta.line else {
        Issue.record("\(delta.line)")
        continue
      }
      #expect(delta.host == host1 && removals == [] && upserts.count <= 64)
      #expect(revision == (index == step.deltas.count - 1 ? cluster.core.revision : before))
      placed += upserts.map(\.epoch)
    }
    #expect(step.deltas.count == 4 && before < cluster.core.revision)
    #expect(placed == placed.sorted() && Set(placed).count == 200)
  }

  @Test("What is removed is in the first of several lines, and once.")
  func removals() throws {
    var cluster = try cluster(replicas: 100)
    try cluster.obey()
    _ = try cluster.core.delete(ClusterFixture.service("web"), now: cluster.now)
    _ = try cluster.core.apply(
      [ClusterFixture.spec("api", replicas: 100, cpu: 10, memory: 16)], now: cluster.now)
    let removed = cluster.core.drain().deltas.map { delta -> Int in
      guard case .delta(_, _, let removals) = delta.line else { return 0 }
      return removals.count
    }
    #expect(removed == [100, 0])
  }

  @Test("One slot that failed gets a new copy, and the others are left as they are.")
  func oneSlot() throws {
    var cluster = try cluster(replicas: 5)
    try cluster.obey()
    let before = cluster.desired[host1]!
    let failed = before.keys.sorted()[2]
    let instance = before[failed]!.instance
    try cluster.send(
      host1, statuses: [PlacementStatus(epoch: failed, instance: instance, phase: .failed)])
    try cluster.pass(.seconds(5))
    let after = cluster.desired[host1]!
    #expect(after[failed] == nil && after.count == 5)
    #expect(Set(before.keys).subtracting([failed]).isSubset(of: Set(after.keys)))
    #expect(after.values.contains { $0.instance == instance && $0.epoch > failed })
  }

  @Test("A slot that was scaled away stays away, whatever is still reported of it.")
  func scaledAway() throws {
    var cluster = try cluster(replicas: 5)
    try cluster.obey()
    let last = cluster.desired[host1]!.values.max { $0.instance.slot < $1.instance.slot }!
    _ = try cluster.core.scale(ClusterFixture.service("web"), to: 4, now: cluster.now)
    cluster.drain()
    for phase in [PlacementPhase.running, .stopping, .failed] {
      try cluster.send(
        host1,
        statuses: [PlacementStatus(epoch: last.epoch, instance: last.instance, phase: phase)])
    }
    try cluster.pass(.seconds(2))
    #expect(cluster.desired[host1]!.values.map(\.instance.slot).sorted() == [0, 1, 2, 3])
  }
}
