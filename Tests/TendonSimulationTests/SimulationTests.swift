// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonSimulation

@Suite(.timeLimit(.minutes(5))) struct SimulationTests {
  @Test(
    "Two hundred clusters that fail at random lose nothing, run nothing twice and end as they should."
  )
  func seeds() async {
    // Two halves at one time, for both cores.
    await withTaskGroup(of: Void.self) { group in
      for half in UInt64(0)..<2 {
        group.addTask {
          for seed in 1 + half * 100...100 + half * 100 {
            let simulation = Simulation(seed: seed)
            let outcome = simulation.run()
            guard !outcome.violations.isEmpty else { continue }
            let shrunk = simulation.shrunk(outcome)
            Issue.record(
              """
              seed \(seed): \(outcome.violations.joined(separator: "; ")); with
              \(shrunk.faults.map(\.description).joined(separator: "\n"))
              \(shrunk.trace.suffix(60).joined(separator: "\n"))
              """)
          }
        }
      }
    }
  }

  @Test("A seed is the same world each time, and another seed another one.")
  func replay() {
    let first = Simulation(seed: 7).run(keepsTrace: true)
    let again = Simulation(seed: 7).run(keepsTrace: true)
    #expect(first.hash == again.hash && first.trace == again.trace && first.steps == again.steps)
    #expect(Simulation(seed: 8).run().hash != first.hash)
  }

  @Test(
    "Each bug that is planted is found, and with no more faults than it takes.",
    arguments: Sabotage.allCases)
  func sabotage(_ bug: Sabotage) throws {
    for seed in UInt64(1)...400 {
      let simulation = Simulation(seed: seed, sabotage: bug)
      let outcome = simulation.run()
      guard !outcome.violations.isEmpty else { continue }
      let shrunk = simulation.shrunk(outcome)
      #expect(!shrunk.violations.isEmpty && shrunk.faults.count <= outcome.faults.count)
      #expect(!shrunk.trace.isEmpty)
      return
    }
    Issue.record("\(bug.rawValue) is found in none of 400 worlds")
  }
}
