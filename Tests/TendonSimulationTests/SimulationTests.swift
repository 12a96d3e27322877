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
  func sabotage(_ plant: Plant) {
    let seeds = plant.first..<plant.first + 400
    let isFound = seeds.contains { seed in
      Simulation(seed: seed, sabotage: plant.bug).run().violations
        .contains { $0.check == plant.check }
    }
    #expect(isFound, "\(plant.bug.rawValue) is found in none of 400 worlds")
  }
}

/// A planted bug, and which check has to find it.
struct Plant: CustomStringConvertible {
  let bug: Sabotage
  let check: Violation.Check
  /// Where it was found last: what comes before takes time only.
  let first: UInt64

  var description: String { bug.rawValue }

  static let all = Sabotage.allCases.map { bug in
    let (check, first): (Violation.Check, UInt64) =
      switch bug {
      case .leaseFromReceipt: (.fencing, 24)
      case .noWaitForLease: (.fencing, 2)
      case .commitAfterAnswer: (.durability, 55)
      case .epochsReused: (.durability, 6)
      case .lostDeltaForgotten: (.convergence, 80)
      case .resizeForgotten: (.convergence, 3)
      case .recordNotAwaited: (.copies, 37)
      case .fencesAll, .endInvented: (.stopping, 1)
      case .noReplayWindow: (.detection, 16)
      case .hastyVerdict: (.detection, 2)
      case .brakeOffByOne: (.disruption, 110)
      case .budgetLost: (.disruption, 3)
      case .hostsTooLarge: (.capacity, 7)
      case .reservationLost: (.reservation, 80)
      case .reservationHalved: (.reservation, 3)
      }
    return Plant(bug: bug, check: check, first: first)
  }
}
