// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("Jobs, whatever happens")
struct JobRandomTests {
  @Test(
    "With failing tries, hosts that die and return, and coordinators that start anew, every completion is done once.",
    arguments: 1...40 as ClosedRange<UInt64>)
  func survivesAll(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let hosts = (1...4).map { "host\($0)" }
    var cluster = ClusterFixture()
    for host in hosts { try cluster.join(host, cpu: 300) }
    let completions = Int.random(in: 1...12, using: &random)
    let parallelism = Int.random(in: 1...5, using: &random)
    try cluster.apply(
      ClusterFixture.job(
        "sums", completions: completions, parallelism: parallelism, backoffLimit: 1000))
    var coordinator: UInt64 = 1
    var steps = 0
    while try cluster.lastRun("sums").outcome == nil {
      steps += 1
      let message = try cluster.work("sums").message
      try #require(steps < 600, "seed \(seed): \(message)")
      switch Int.random(in: 0..<10, using: &random) {
      case 0 where cluster.living.count > 1:
        cluster.living.remove(cluster.living.sorted().randomElement(using: &random)!)
      case 1:
        for host in hosts.map(ClusterFixture.host) where !cluster.living.contains(host) {
          cluster.living.insert(host)
        }
      case 2:
        coordinator += 1
        let living = cluster.living.sorted()
        cluster = try cluster.restarted(epoch: coordinator)
        for host in living { try cluster.join(host.rawValue, cpu: 300) }
        // The others join when they are back: here, at once, so that they can come back at all.
        for host in hosts where !living.map(\.rawValue).contains(host) {
          try cluster.join(host, cpu: 300)
        }
      case 3...5: try cluster.pass(.milliseconds(2500))
      default:
        guard let slot = cluster.running("sums").randomElement(using: &random),
          let view = cluster.core.instanceView(
            InstanceID(service: ClusterFixture.service("sums"), slot: slot)),
          let host = view.host, cluster.living.contains(host)
        else { continue }
        try cluster.end("sums", slot, code: Int.random(in: 0..<4, using: &random) == 0 ? 1 : 0)
      }
      let run = try cluster.lastRun("sums")
      #expect(run.number == 1, "seed \(seed)")
      #expect(run.succeeded <= completions, "seed \(seed)")
    }
    let run = try cluster.lastRun("sums")
    #expect(run.outcome == .succeeded && run.succeeded == completions, "seed \(seed)")
    // With everybody back, nothing runs and nothing is reserved any more.
    for host in hosts.map(ClusterFixture.host) { cluster.living.insert(host) }
    try cluster.pass(.seconds(4))
    #expect(cluster.running("sums").isEmpty, "seed \(seed)")
    for host in cluster.core.hostViews(now: cluster.now) {
      #expect(host.reservedCPU == .zero, "seed \(seed): \(host.id)")
    }
  }
}
