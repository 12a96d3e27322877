// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import TendonSimulation

/// Runs worlds, and shows what does not hold in one.
@main
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tendon-simulate",
    abstract: "Runs the coordinator's and the agents' decisions in clusters that fail at random.",
    discussion: "docs/simulation.md says what is simulated and what is checked.")

  @Option(help: "How many worlds.")
  var seeds = 1000

  @Option(help: "The first one's seed.")
  var first: UInt64 = 1

  @Option(help: "Only this one, with all that happens in it.")
  var seed: UInt64?

  @Option(
    help: "A bug to be planted: \(Sabotage.allCases.map(\.rawValue).joined(separator: ", ")).")
  var sabotage: Sabotage?

  func validate() throws {
    if seeds < 1 { throw ValidationError("--seeds must be at least 1") }
  }

  func run() throws {
    hashAlike()
    if let seed {
      let outcome = Simulation(seed: seed, sabotage: sabotage).run(keepsTrace: true)
      show(outcome)
      if !outcome.violations.isEmpty { throw ExitCode(1) }
      return
    }
    let clock = ContinuousClock()
    let start = clock.now
    var lasted = Duration.zero
    for number in 0..<UInt64(seeds) {
      let simulation = Simulation(seed: first + number, sabotage: sabotage)
      let outcome = simulation.run()
      lasted += outcome.lasted
      guard outcome.violations.isEmpty else {
        show(simulation.shrunk(outcome))
        print(
          "seed \(outcome.seed) fails; tendon-simulate --seed \(outcome.seed) shows it with all its faults"
        )
        throw ExitCode(1)
      }
    }
    let passed = clock.now - start
    let perSecond = (Double(seeds) / (passed / .seconds(1)) * 10).rounded() / 10
    let hours = (lasted / passed).rounded()
    print(
      "\(seeds) seeds from \(first) on: nothing wrong. \(perSecond) seeds/s, \(Int(hours)) simulated hours/h"
    )
  }

  private func show(_ outcome: Simulation.Outcome) {
    for line in outcome.trace { print(line) }
    print("seed \(outcome.seed), \(outcome.faults.count) faults:")
    for fault in outcome.faults { print("  \(fault)") }
    for violation in outcome.violations { print("violated: \(violation)") }
    if outcome.violations.isEmpty { print("nothing wrong") }
    print("trace hash \(outcome.hash)")
  }

  /// A seed means the same in each process only if dictionaries have the same order: where they don't, the program starts
  /// itself again so that they do.
  private func hashAlike() {
    let name = "SWIFT_DETERMINISTIC_HASHING"
    guard getenv(name) == nil else { return }
    setenv(name, "1", 1)
    execv("/proc/self/exe", CommandLine.unsafeArgv)
  }
}

extension Sabotage: ExpressibleByArgument {}
