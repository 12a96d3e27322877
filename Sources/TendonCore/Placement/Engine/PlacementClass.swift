// SPDX-License-Identifier: Apache-2.0

/// All instances that ask for the same: a handle for what would be large to compare. It stays good as long as someone
/// holds it, in the engine that gave it and in copies of that.
package final class PlacementClass: Sendable {
  package let demand: PlacementDemand
  /// Where the engine that gave it keeps it.
  let slot: Int

  init(demand: PlacementDemand, slot: Int) {
    self.demand = demand
    self.slot = slot
  }
}

/// A demand in the engine's numbers, with the candidates for it.
struct ClassState {
  let handle: PlacementClass
  /// How many instances of it are placed.
  var placed = 0
  let service: Int
  let screen: Int
  let numbers: ClassNumbers
  /// The number of all that ask for the same CPU and memory.
  let kind: Int
  let amounts: [(countable: Int, amount: Int64)]
  let needsDevices: Bool
  let ports: [UInt16]
  let perHost: Int
  let rules: ClassRules

  /// Whether only its numbers and the facts of hosts decide how good each host is by itself.
  let isPlain: Bool

  var candidates: Candidates?

  /// Takes the candidates out to change them: while the class holds on to them all of them would be copied.
  mutating func takeCandidates() -> Candidates? {
    let taken = candidates
    candidates = nil
    return taken
  }

  /// Scores of all hosts, as of some moment.
  struct Candidates {
    var index: CandidateIndex
    /// The layout of its trees, by its place in `layouts`.
    var layout: Int
    /// What of the log of changes is in them.
    var seen: Int
    var structure: Int
    var epoch: Int
    /// Per hard or soft spread rule, which domains there are; made anew when hosts open or close.
    var spreads: [SpreadDomains]
    var openings: Int
    /// When it was last used, counted in decisions.
    var lastUse: Int
  }
}

/// What each look at a host needs of a class, close together in memory.
struct ClassNumbers {
  var cpu: Int64
  var memory: Int64
  var cores: Int32
  var isPack: Bool
}

/// The rules of a class in the engine's numbers.
struct ClassRules {
  struct Near {
    let service: Int
    /// Where the service's instances are counted by domain; nil for the host itself.
    let tally: Int?
    let label: Int
    let isHard: Bool
    /// Of a soft one: 0.01 to 1.
    let weight: Double
    let isAway: Bool
  }

  struct Spread {
    let label: Int
    let tally: Int
    let isHard: Bool
    let shares: [String: Int]
  }

  var spreads: [Spread] = []
  /// To services, within the domains of a label.
  var domainNears: [Near] = []
  /// To services, on the host itself.
  var hostNears: [Near] = []
  /// What others are kept away from: the service, and where instances that want that are counted; nil on the host.
  var repels: [(service: Int, tally: Int?)] = []

  var isEmpty: Bool {
    spreads.isEmpty && domainNears.isEmpty && hostNears.isEmpty && repels.isEmpty
  }
}
