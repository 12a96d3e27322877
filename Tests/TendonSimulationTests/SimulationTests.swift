// SPDX-License-Identifier: Apache-2.0

import TendonDatagram
import Testing

@testable import TendonSimulation

@Suite(.timeLimit(.minutes(5))) struct SimulationTests {
  @Test(
    "Two hundred clusters that fail at random lose nothing, run nothing twice and end as they should."
  )
  func seeds() async {
    let result = await Sweep(first: 1, count: 200).run(jobs: 2)
    guard let failed = result.failed else { return }
    let shrunk = Simulation(seed: failed.seed).shrunk(failed)
    Issue.record(
      """
      seed \(failed.seed): \(failed.violations.map(\.description).joined(separator: "; ")); with
      \(shrunk.scenario.faults.map(\.description).joined(separator: "\n"))
      \(shrunk.scenario.actions.map(\.description).joined(separator: "\n"))
      \(shrunk.trace.suffix(60).joined(separator: "\n"))
      """)
  }

  @Test("A seed is the same world each time, and another seed another one.")
  func replay() {
    let first = Simulation(seed: 7).run(keepsTrace: true)
    let again = Simulation(seed: 7).run(keepsTrace: true)
    #expect(first.hash == again.hash && first.trace == again.trace && first.steps == again.steps)
    #expect(Simulation(seed: 8).run().hash != first.hash)
  }

  @Test("Datagrams that were corrupted on their way, or come again, are dropped and counted.")
  func datagrams() {
    let fault = { (kind: Fault.Kind) in Fault(kind: kind, at: .seconds(5), lasts: .seconds(20)) }
    let scenario = Scenario(
      hosts: 3, active: .seconds(30),
      faults: [fault(.corruption(host: 1, percent: 20)), fault(.replay(host: 2))], actions: [])
    let outcome = Simulation(seed: 1, scenario: scenario).run()
    #expect(outcome.violations.isEmpty)
    // A bit of the header makes it one of an unknown session, or kind, or version.
    #expect(outcome.datagrams.forged > 10)
    #expect(outcome.datagrams.replayed > 50)
  }

  @Test(
    "Each bug that is planted is found by the check that is there for it.", arguments: Plant.all)
  func sabotage(_ plant: Plant) throws {
    for seed in UInt64(1)...400 {
      let simulation = Simulation(seed: seed, sabotage: plant.bug)
      let outcome = simulation.run()
      guard outcome.violations.contains(where: { $0.check == plant.check }) else { continue }
      let shrunk = simulation.shrunk(outcome, runs: 20)
      #expect(shrunk.violations.contains { $0.check == plant.check })
      #expect(shrunk.scenario.faults.count <= outcome.scenario.faults.count)
      #expect(shrunk.scenario.actions.count <= outcome.scenario.actions.count)
      #expect(!shrunk.trace.isEmpty)
      return
    }
    Issue.record("\(plant.bug.rawValue) is found in none of 400 worlds")
  }
}

/// A planted bug, and which check has to find it.
struct Plant: CustomStringConvertible {
  let bug: Sabotage
  let check: Violation.Check

  var description: String { bug.rawValue }

  static let all = Sabotage.allCases.map { bug in
    let check: Violation.Check =
      switch bug {
      case .leaseFromReceipt, .noWaitForLease: .fencing
      case .commitAfterAnswer, .epochsReused: .durability
      case .lostDeltaForgotten, .resizeForgotten: .convergence
      case .recordNotAwaited: .copies
      case .fencesAll, .endInvented: .stopping
      case .noReplayWindow: .detection
      case .brakeOffByOne: .disruption
      case .hostsTooLarge: .capacity
      }
    return Plant(bug: bug, check: check)
  }
}
