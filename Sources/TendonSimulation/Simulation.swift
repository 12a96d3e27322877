// SPDX-License-Identifier: Apache-2.0

package import TendonDatagram
import TendonModel

/// One world from its seed to its end.
package struct Simulation: Sendable {
  /// What came of it.
  package struct Outcome: Sendable {
    package var seed: UInt64
    package var scenario: Scenario
    /// What did not hold; empty when all did.
    package var violations: [Violation]
    /// What happened, where it was asked for.
    package var trace: [String]
    /// The same for every run of one seed, in a process whose hashing is the same (SWIFT_DETERMINISTIC_HASHING).
    package var hash: UInt64
    package var steps: Int
    /// In virtual time.
    package var lasted: Duration
    /// What all that received datagrams made of them, together.
    package var datagrams: DatagramCounters
  }

  package var seed: UInt64
  package var sabotage: Sabotage?
  /// nil: what the seed draws.
  package var scenario: Scenario?

  package init(seed: UInt64, sabotage: Sabotage? = nil, scenario: Scenario? = nil) {
    self.seed = seed
    self.sabotage = sabotage
    self.scenario = scenario
  }

  package func run(keepsTrace: Bool = false) -> Outcome {
    let scenario = scenario ?? .draw(seed: seed)
    var world = World(seed: seed, scenario, sabotage: sabotage, keepsTrace: keepsTrace)
    world.run()
    return Outcome(
      seed: seed, scenario: scenario, violations: world.violations, trace: world.trace.lines,
      hash: world.hash, steps: world.steps, lasted: world.time - world.start,
      datagrams: world.datagrams)
  }

  /// The smallest scenario that it can find in which the same check still fails, with its trace.
  /// - Parameter runs: how many worlds it may run for that.
  package func shrunk(_ outcome: Outcome, runs: Int = 500) -> Outcome {
    guard let violation = outcome.violations.first else { return outcome }
    var shrinker = Shrinker(
      seed: seed, sabotage: sabotage, check: violation.check, best: outcome.scenario,
      runsLeft: runs)
    shrinker.shrink(endedAfter: outcome.lasted)
    return Simulation(seed: seed, sabotage: sabotage, scenario: shrinker.best)
      .run(keepsTrace: true)
  }
}
