// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The values of one label, and which host has which.
struct LabelDomains {
  let label: String
  private(set) var values: [String] = []
  private var indices: [String: Int32] = [:]
  /// Per host; -1 where it lacks the label.
  private(set) var domainOf: [Int32] = []

  init(label: String) { self.label = label }

  mutating func set(_ value: String?, host: Int) {
    while domainOf.count <= host { domainOf.append(-1) }
    guard let value else {
      domainOf[host] = -1
      return
    }
    if let known = indices[value] {
      domainOf[host] = known
    } else {
      indices[value] = Int32(values.count)
      domainOf[host] = Int32(values.count)
      values.append(value)
    }
  }

  func index(of value: String) -> Int? { indices[value].map(Int.init) }
}

/// How many instances there are in each domain of a label; hosts that are down do not count.
struct DomainTally {
  let label: Int
  private(set) var counts: [Int32] = []

  init(label: Int) { self.label = label }

  /// 0 for hosts without the label.
  @inline(__always)
  subscript(domain: Int32) -> Int {
    domain >= 0 && Int(domain) < counts.count ? Int(counts[Int(domain)]) : 0
  }

  mutating func add(_ more: Int, at domain: Int32) {
    guard domain >= 0 else { return }
    while counts.count <= Int(domain) { counts.append(0) }
    counts[Int(domain)] += Int32(truncatingIfNeeded: more)
  }

  var total: Int { counts.reduce(0) { $0 + Int($1) } }
}

/// What the engine keeps of a service that a demand or a rule names.
struct ServiceSlot {
  let name: ServiceName
  /// Where its instances are counted by domain.
  var tallies: [Int] = []
  /// Where those are counted that want none of it near; each tally has its label.
  var repulsions: [Int] = []
  /// Whether some want none of it on their host.
  var isRepelledOnHosts = false
  /// All its instances, on whatever host.
  var total = 0
  /// Whether some want to be on a host with another, so that only the first can be anywhere.
  var gathersOnHosts = false
}
