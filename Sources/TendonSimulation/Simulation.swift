// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// One world from its seed to its end.
package struct Simulation: Sendable {
  /// What came of it.
  package struct Outcome: Sendable {
    package var seed: UInt64
    /// What did not hold; empty when all did.
    package var violations: [String]
    package var faults: [Fault]
    /// What happened, where it was asked for.
    package var trace: [String]
    /// The same for every run of one seed, in a process whose hashing is the same (SWIFT_DETERMINISTIC_HASHING).
    package var hash: UInt64
    package var steps: Int
    /// In virtual time.
    package var lasted: Duration
  }

  package var seed: UInt64
  package var sabotage: Sabotage?
  /// nil: those that the seed draws.
  package var faults: [Fault]?

  package init(seed: UInt64, sabotage: Sabotage? = nil, faults: [Fault]? = nil) {
    self.seed = seed
    self.sabotage = sabotage
    self.faults = faults
  }

  package func run(keepsTrace: Bool = false) -> Outcome {
    var world = World(seed: seed, faults: faults, sabotage: sabotage, keepsTrace: keepsTrace)
    world.run()
    return Outcome(
      seed: seed, violations: world.violations, faults: world.faults, trace: world.trace.lines,
      hash: world.trace.hash, steps: world.steps, lasted: world.time - world.start)
  }

  /// The shortest list of faults that it can find with which something is still wrong: leaves out one after the other as
  /// long as that is so.
  package func shrunk(_ outcome: Outcome) -> Outcome {
    var best = outcome
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for index in best.faults.indices {
        var fewer = best.faults
        fewer.remove(at: index)
        let next = Simulation(seed: seed, sabotage: sabotage, faults: fewer).run()
        guard !next.violations.isEmpty else { continue }
        best = next
        hasChanged = true
        break
      }
    }
    return Simulation(seed: seed, sabotage: sabotage, faults: best.faults).run(keepsTrace: true)
  }
}
