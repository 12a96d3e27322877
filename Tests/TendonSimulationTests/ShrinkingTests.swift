// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonSimulation

@Suite struct ShrinkingTests {
  @Test(
    "Of a list only what is needed is left, wherever it stands.",
    arguments: [[], [0], [99], [3, 50, 51], [0, 33, 66, 99]] as [Set<Int>])
  func minimized(needed: Set<Int>) {
    var runs = 0
    let left = DeltaDebugging.minimized(Array(0..<100)) { items in
      runs += 1
      return needed.isSubset(of: items)
    }
    #expect(left == needed.sorted())
    #expect(runs < 150)
  }

  @Test("Fewer hosts leave out what concerned the others.")
  func hosts() {
    let scenario = Scenario(
      hosts: 4, active: .seconds(30),
      faults: [.crash(host: 4), .outage(hosts: [1, 3, 4], isPower: true), .coordinatorFreeze].map {
        Fault(kind: $0, at: .zero, lasts: .seconds(1))
      },
      actions: [.drain(host: 4, pace: 1, deadline: nil), .applyDaemon(version: 1)].map {
        UserAction(kind: $0, at: .zero)
      })
    let limited = scenario.limited(toHosts: 2)
    #expect(limited.hosts == 2)
    #expect(
      limited.faults.map(\.kind) == [.outage(hosts: [1], isPower: true), .coordinatorFreeze])
    #expect(limited.actions.map(\.kind) == [.applyDaemon(version: 1)])
  }

  @Test("A planted bug is shown with the faults and the requests that it takes, and no more.")
  func shrunk() throws {
    let bug = Sabotage.resizeForgotten
    let simulation = try #require(
      (UInt64(1)...50).lazy.map { Simulation(seed: $0, sabotage: bug) }
        .first { !$0.run().violations.isEmpty })
    let outcome = simulation.shrunk(simulation.run())
    #expect(outcome.scenario.faults.isEmpty)
    // One that applies it and one that resizes it.
    #expect(outcome.scenario.actions.count <= 2)
    #expect(outcome.scenario.hosts == 1)
  }
}
