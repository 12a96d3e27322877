// SPDX-License-Identifier: Apache-2.0

/// The filters that a host does not pass. None: it can take the instance.
package struct Misses: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let labels = Misses(rawValue: 1 << 0)
  package static let taints = Misses(rawValue: 1 << 1)
  package static let state = Misses(rawValue: 1 << 2)
  package static let closed = Misses(rawValue: 1 << 3)
  package static let excluded = Misses(rawValue: 1 << 4)
  package static let cpuset = Misses(rawValue: 1 << 5)
  package static let cpu = Misses(rawValue: 1 << 6)
  package static let memory = Misses(rawValue: 1 << 7)
  package static let cores = Misses(rawValue: 1 << 8)
  package static let countables = Misses(rawValue: 1 << 9)
  package static let ports = Misses(rawValue: 1 << 10)
  package static let perHost = Misses(rawValue: 1 << 11)
  package static let spread = Misses(rawValue: 1 << 12)
  package static let affinity = Misses(rawValue: 1 << 13)
  package static let antiAffinity = Misses(rawValue: 1 << 14)

  /// Each with its name, in the order in which they are told.
  package static let names: [(miss: Misses, name: String)] = [
    (.labels, "labels"), (.taints, "taints"), (.state, "state"), (.closed, "cordon"),
    (.excluded, "excluded"), (.cpuset, "kernel"), (.cpu, "CPU"), (.memory, "memory"),
    (.cores, "exclusive cores"), (.countables, "other resources"), (.ports, "ports"),
    (.perHost, "per_host"), (.spread, "spread"), (.affinity, "affinity"),
    (.antiAffinity, "anti_affinity"),
  ]

  /// What comes and goes with the load of a host.
  package static let load: Misses = [.cpu, .memory, .cores, .countables, .ports]

  /// What may change when an instance leaves a host, or asks for less.
  package static let departure: Misses = load.union([.perHost, .spread, .affinity, .antiAffinity])

  /// What may change when an instance is placed somewhere.
  package static let arrival: Misses = [.spread, .affinity]

  package static let all = Misses(rawValue: .max)

  /// What speaks first: a host with other labels is none of the service's, so its load does not matter.
  package var told: Misses {
    for first in [Misses([.labels, .cpuset]), [.taints], [.state], [.closed], [.excluded]]
    where !isDisjoint(with: first) {
      return intersection(first)
    }
    return self
  }
}
