// SPDX-License-Identifier: Apache-2.0

/// What a world is made of: how many hosts, what goes wrong, and what users ask for. All of it is drawn from the world's
/// seed before it begins, so that the same world can be run with less of it.
package struct Scenario: Hashable, Sendable {
  package var hosts: Int
  /// Users ask and faults begin for so long.
  package var active: Duration
  package var faults: [Fault]
  package var actions: [UserAction]

  static let hostCounts = 3...6
  private static let stream = 1

  static func draw(seed: UInt64) -> Scenario {
    var random = SimulationRandom(seed: seed, stream: stream)
    let hosts = Int.random(in: hostCounts, using: &random)
    let milliseconds = Int64.random(in: 30_000...90_000, using: &random)
    return Scenario(
      hosts: hosts, active: .milliseconds(milliseconds),
      faults: Fault.draw(hosts: hosts, until: milliseconds, using: &random),
      actions: UserAction.draw(hosts: hosts, until: milliseconds, using: &random))
  }

  /// The same on fewer hosts: what concerns the others is left out.
  func limited(toHosts count: Int) -> Scenario {
    var scenario = self
    scenario.hosts = count
    scenario.faults = faults.compactMap { $0.limited(toHosts: count) }
    scenario.actions = actions.filter { $0.kind.host.map { $0 <= count } ?? true }
    return scenario
  }
}
