// SPDX-License-Identifier: Apache-2.0

/// Leaves out of a world whatever it can while the same check fails: faults first, then what users ask for, then hosts.
struct Shrinker {
  let seed: UInt64
  let sabotage: Sabotage?
  let check: Violation.Check
  private(set) var best: Scenario
  private var runsLeft: Int

  init(
    seed: UInt64, sabotage: Sabotage?, check: Violation.Check, best: Scenario, runsLeft: Int
  ) {
    self.seed = seed
    self.sabotage = sabotage
    self.check = check
    self.best = best
    self.runsLeft = runsLeft
  }

  /// - Parameter end: when the check failed: what was to come after that has no part in it.
  mutating func shrink(endedAfter end: Duration) {
    var early = best
    early.faults.removeAll { $0.at > end }
    early.actions.removeAll { $0.at > end }
    if early != best { _ = take(early) }
    var before: Scenario
    repeat {
      before = best
      shrink(\.faults)
      shrink(\.actions)
      shrinkHosts()
    } while best != before && runsLeft > 0
  }

  private mutating func shrink<Part>(_ part: WritableKeyPath<Scenario, [Part]>) {
    let scenario = best
    _ = DeltaDebugging.minimized(scenario[keyPath: part]) { fewer in
      var smaller = scenario
      smaller[keyPath: part] = fewer
      return take(smaller)
    }
  }

  private mutating func shrinkHosts() {
    while best.hosts > 1, take(best.limited(toHosts: best.hosts - 1)) {}
  }

  /// Whether it still fails; then it is the best so far.
  private mutating func take(_ scenario: Scenario) -> Bool {
    guard runsLeft > 0 else { return false }
    runsLeft -= 1
    let outcome = Simulation(seed: seed, sabotage: sabotage, scenario: scenario).run()
    guard outcome.violations.contains(where: { $0.check == check }) else { return false }
    best = scenario
    return true
  }
}
