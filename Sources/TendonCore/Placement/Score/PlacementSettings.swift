// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What counts how much when a host is chosen. `docs/placement.md` says what for; `--placement KEY=VALUE` sets them.
///
/// Weights are in parts of a host: with a weight of 1 for balance, a host that is 10 % fuller than another is worse by
/// 0.1. 0 turns one off.
package struct PlacementSettings: Hashable, Sendable {
  /// The policy of services that name none. Default balance.
  package var policy = PlacementPolicy.balance
  /// What a host's load counts. Default 1. balance: how much more unlike the dominant shares of hosts become; pack: what
  /// is left of the host.
  package var balance = 1.0
  /// balance: what it counts that a host loses room for one of the largest shapes while that is scarce, for room as large
  /// as a host. Default 1: as much as a host's load. Lowering it lets small instances into the room for large ones.
  package var room = 1.0
  /// balance: room for a shape is scarce when there is no more of it than for the instances that are expected, and so many
  /// standard deviations more. Default 3. Raising it keeps more hosts free for large instances, and the others fuller.
  package var roomMargin = 3.0
  /// balance: the load of the cluster from which instances are put together instead, so that what is left is not
  /// scattered in pieces that nothing fits into; wholly so from a tenth more. Default 0.7; 1 never does.
  package var fillFrom = 0.7
  /// balance: what it counts that CPU and memory of a host are used unalike. Default 0. Raising it strands less of
  /// one resource, and spreads load less evenly.
  package var stranding = 0.0
  /// pack: what it counts that a host loses its room for one of the largest shapes. Default 0.07.
  package var packRoom = 0.07
  /// pack: what it counts that CPU and memory of a host are used unalike. Default 0.
  package var packStranding = 0.0
  /// What it counts that other instances of the service are on the host; the first counts half. Default 0.05; for pack
  /// it only decides between equals.
  package var siblings = 0.05
  /// What one instance more than its part counts in a domain that a service is softly spread over. Default 0.5.
  package var spread = 0.5
  /// What soft affinity of weight 100 counts. Default 1.
  package var affinity = 1.0
  /// What a taint that asks to avoid the host counts. Default 2.
  package var avoid = 2.0
  /// What a cgroup controller counts that the host lacks and a limit needs. Default 0.5.
  package var kernel = 0.5
  /// How much worse than the best its former host may be for an instance to return there. Default 0.3.
  package var stickiness = 0.3
  /// What it counts that the instance failed on the host lately. Default 1.
  package var failure = 1.0

  /// Whether hosts that are loaded unalike are balanced without being asked to. Default auto; manual leaves it to `tendon
  /// rebalance`.
  package var rebalance = RebalanceMode.auto
  /// The most moves of one plan that is made unasked; the next is made when these are done. Default 50.
  package var rebalanceMoves = 50
  /// How much fuller than another a host has to be, after the move of an instance, for rebalancing to begin: a part of
  /// a host. Default 0.2. Raising it moves less.
  package var rebalanceStart = 0.2
  /// How far rebalancing goes once it has begun. Default 0.05.
  package var rebalanceStop = 0.05

  package enum RebalanceMode: String, Hashable, Sendable, CaseIterable { case auto, manual }

  package init() {}

  /// How far instances are put together at a load of the cluster: 0 not at all, 1 wholly.
  func fill(at share: Double) -> Double { min(1, max(0, (share - fillFrom) * 10)) }

  private static var weights: [(key: String, path: WritableKeyPath<Self, Double>)] {
    [
      ("balance", \.balance), ("room", \.room), ("room-margin", \.roomMargin),
      ("fill-from", \.fillFrom),
      ("stranding", \.stranding), ("pack-room", \.packRoom), ("pack-stranding", \.packStranding),
      ("siblings", \.siblings), ("spread", \.spread), ("affinity", \.affinity), ("avoid", \.avoid),
      ("kernel", \.kernel), ("stickiness", \.stickiness), ("failure", \.failure),
      ("rebalance-start", \.rebalanceStart), ("rebalance-stop", \.rebalanceStop),
    ]
  }

  /// Every key there is.
  package static var keys: [String] {
    ["policy", "rebalance", "rebalance-moves"] + weights.map(\.key)
  }

  /// Sets one from `KEY=VALUE`.
  package mutating func set(_ text: String) throws(SettingError) {
    let (key, value) = try SettingError.split(text)
    if key == "policy" {
      guard let policy = PlacementPolicy(rawValue: value) else {
        throw .badValue(
          key: key, value: value,
          wanted: PlacementPolicy.allCases.map(\.rawValue).joined(separator: " or "))
      }
      self.policy = policy
      return
    }
    if key == "rebalance" {
      guard let mode = RebalanceMode(rawValue: value) else {
        throw .badValue(
          key: key, value: value,
          wanted: RebalanceMode.allCases.map(\.rawValue).joined(separator: " or "))
      }
      rebalance = mode
      return
    }
    if key == "rebalance-moves" {
      guard let moves = Int(value), (1...1000).contains(moves) else {
        throw .badValue(key: key, value: value, wanted: "a whole number from 1 to 1000")
      }
      rebalanceMoves = moves
      return
    }
    guard let found = Self.weights.first(where: { $0.key == key }) else {
      throw .unknownKey(key, of: "placement", known: Self.keys.sorted())
    }
    guard let weight = Double(value), (0...100).contains(weight) else {
      throw .badValue(key: key, value: value, wanted: "a number from 0 to 100")
    }
    self[keyPath: found.path] = weight
  }
}
