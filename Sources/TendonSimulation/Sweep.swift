// SPDX-License-Identifier: Apache-2.0

/// Many worlds, each with the next seed, until one fails.
package struct Sweep: Sendable {
  package struct Result: Sendable {
    /// The first by its seed of those that failed.
    package var failed: Simulation.Outcome?
    /// Of all worlds together, in virtual time.
    package var lasted = Duration.zero
  }

  package var first: UInt64
  package var count: Int
  package var sabotage: Sabotage?

  package init(first: UInt64, count: Int, sabotage: Sabotage? = nil) {
    self.first = first
    self.count = count
    self.sabotage = sabotage
  }

  /// - Parameter jobs: how many worlds run at one time.
  package func run(jobs: Int) async -> Result {
    await withTaskGroup(of: Simulation.Outcome.self) { group in
      var result = Result()
      var next = 0
      func addWorld(to group: inout TaskGroup<Simulation.Outcome>) {
        guard next < count, result.failed == nil else { return }
        let simulation = Simulation(seed: first + UInt64(next), sabotage: sabotage)
        next += 1
        group.addTask { simulation.run() }
      }
      for _ in 0..<jobs { addWorld(to: &group) }
      while let outcome = await group.next() {
        result.lasted += outcome.lasted
        let isFirst = result.failed.map { outcome.seed < $0.seed } ?? true
        if !outcome.violations.isEmpty, isFirst { result.failed = outcome }
        addWorld(to: &group)
      }
      return result
    }
  }
}
