// SPDX-License-Identifier: Apache-2.0

/// Where a service's instances may run and would best run: the keys below `placement`.
///
/// A key that is absent means its default, so that what an older version stored can be read.
package struct PlacementRules: Hashable, Sendable {
  /// Conditions on the labels of a host, all of which must hold.
  package var constraints: [LabelTerm] = []
  /// nil is the cluster's.
  package var policy: PlacementPolicy?
  package var spread: [SpreadRule] = []
  package var affinity: [AffinityRule] = []
  package var antiAffinity: [AffinityRule] = []
  /// The most instances of the service that one host may have; nil is no limit. 1: each on a host of its own.
  package var perHost: Int?
  package var tolerations: [Toleration] = []
  /// Services with the same word here are placed all or none, together with all of their instances; nil places each
  /// instance as it can be.
  package var gang: String?
  /// Whether its instances may be moved only to balance the hosts' load.
  package var rebalances = true

  package static let largestPerHost = 10_000

  package init() {}

  package var isStandard: Bool { self == Self() }

  package func tolerates(_ taint: Taint) -> Bool { tolerations.contains { $0.covers(taint) } }

  /// Everything that makes this impossible, whoever asks.
  package var faults: [SpecFault] {
    var faults: [SpecFault] = []
    var labels: Set<String> = []
    for (place, rule) in spread.enumerated() {
      let path = ["placement", "spread", "\(place)"]
      if !labels.insert(rule.label).inserted {
        faults.append(SpecFault(path + ["by"], "\(rule.label) is spread over already"))
      }
      if !rule.shares.isEmpty, !rule.shares.values.contains(where: { $0 > 0 }) {
        faults.append(SpecFault(path + ["shares"], "at least one share must be more than 0"))
      }
    }
    for (key, rules) in [("affinity", affinity), ("anti_affinity", antiAffinity)] {
      for (place, rule) in rules.enumerated()
      where !(1...AffinityRule.largestWeight).contains(rule.weight) {
        faults.append(
          SpecFault(
            ["placement", key, "\(place)", "weight"],
            "\(rule.weight) is outside 1 to \(AffinityRule.largestWeight)"))
      }
    }
    if let perHost, !(1...Self.largestPerHost).contains(perHost) {
      faults.append(
        SpecFault(["placement", "per_host"], "\(perHost) is outside 1 to \(Self.largestPerHost)"))
    }
    return faults
  }
}

/// What a good place is.
package enum PlacementPolicy: String, Hashable, Sendable, Codable, CaseIterable {
  /// Hosts are loaded alike, as far as room for large instances is kept.
  case balance
  /// As few hosts as possible are used.
  case pack
}

/// Instances of a service spread over the values of a host label: over zones, racks, rooms.
package struct SpreadRule: Hashable, Sendable {
  /// The label whose values are the domains. A host without it is a domain of its own for a soft rule, and takes nothing
  /// for a hard one.
  package var label: String
  /// Whether an instance stays without a host rather than being placed out of step.
  package var isHard: Bool
  /// How the instances are shared out, in parts; a domain that is not named gets none. Empty is evenly over all domains
  /// that there are.
  package var shares: [String: Int]

  package init(label: String, isHard: Bool = false, shares: [String: Int] = [:]) {
    self.label = label
    self.isHard = isHard
    self.shares = shares
  }
}

/// That instances want to be near, or far from, something.
package struct AffinityRule: Hashable, Sendable {
  package enum Target: Hashable, Sendable {
    /// Instances of this service, which may be the service itself.
    case service(ServiceName)
    /// Hosts with this label.
    case hosts(LabelTerm)
  }

  package static let largestWeight = 100

  package var target: Target
  /// The label whose equal values count as near; nil is the host itself. Without meaning for `hosts`.
  package var within: String?
  /// Whether an instance stays without a host rather than being placed against the rule.
  package var isHard: Bool
  /// How much a soft one counts, 1 to 100. Default 50.
  package var weight: Int

  package init(_ target: Target, within: String? = nil, isHard: Bool = false, weight: Int = 50) {
    self.target = target
    self.within = within
    self.isHard = isHard
    self.weight = weight
  }
}
