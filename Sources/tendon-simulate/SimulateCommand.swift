// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import TendonSimulation

/// Runs worlds, and shows what does not hold in one.
@main
struct SimulateCommand: AsyncParsableCommand {
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

  @Option(help: "How many worlds at one time; all cores where it is not said.")
  var jobs: Int?

  @Option(
    help: "A bug to be planted: \(Sabotage.allCases.map(\.rawValue).joined(separator: ", ")).")
  var sabotage: Sabotage?

  func validate() throws {
    if seeds < 1 { throw ValidationError("--seeds must be at least 1") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1") }
  }

  func run() async throws {
    hashAlike()
    if let seed {
      let outcome = Simulation(seed: seed, sabotage: sabotage).run(keepsTrace: true)
      show(outcome)
      if !outcome.violations.isEmpty { throw ExitCode(1) }
      return
    }
    let clock = ContinuousClock()
    let start = clock.now
    let jobs = jobs ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let result = await Sweep(first: first, count: seeds, sabotage: sabotage).run(jobs: jobs)
    if let failed = result.failed {
      show(Simulation(seed: failed.seed, sabotage: sabotage).shrunk(failed))
      print(
        "seed \(failed.seed) fails; tendon-simulate --seed \(failed.seed) shows it with all that it has"
      )
      throw ExitCode(1)
    }
    let passed = clock.now - start
    let perSecond = (Double(seeds) / (passed / .seconds(1)) * 10).rounded() / 10
    let hours = (result.lasted / passed).rounded()
    print(
      "\(seeds) seeds from \(first) on: nothing wrong. \(perSecond) seeds/s, \(Int(hours)) simulated hours/h"
    )
  }

  private func show(_ outcome: Simulation.Outcome) {
    let scenario = outcome.scenario
    for line in outcome.trace { print(line) }
    print("seed \(outcome.seed), \(scenario.hosts) hosts, \(scenario.faults.count) faults:")
    for fault in scenario.faults { print("  \(fault)") }
    print("\(scenario.actions.count) requests of users:")
    for action in scenario.actions { print("  \(action)") }
    for violation in outcome.violations { print("violated: \(violation)") }
    if outcome.violations.isEmpty { print("nothing wrong") }
    print("hash \(outcome.hash)")
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
