// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecWriter {
  /// What differs from the default.
  static func lines(_ rules: PlacementRules, priority: Priority) -> [String] {
    var lines: [String] = []
    if priority != .normal { lines.append("priority: \(priority)") }
    if rules.isStandard { return lines }
    lines.append("placement:")
    lines += texts("constraints", rules.constraints)
    if let policy = rules.policy { lines.append("  policy: \(policy.rawValue)") }
    if !rules.spread.isEmpty { lines.append("  spread:") }
    for rule in rules.spread {
      lines.append("    - by: \(scalar(rule.label))")
      if rule.isHard { lines.append("      hard: true") }
      if rule.shares.isEmpty { continue }
      lines.append("      shares:")
      lines += rule.shares.sorted { $0.key < $1.key }
        .map { "        \(scalar($0.key)): \($0.value)" }
    }
    lines += affinity("affinity", rules.affinity)
    lines += affinity("anti_affinity", rules.antiAffinity)
    if let perHost = rules.perHost { lines.append("  per_host: \(perHost)") }
    lines += texts("tolerate", rules.tolerations)
    if let gang = rules.gang { lines.append("  gang: \(scalar(gang))") }
    if !rules.rebalances { lines.append("  rebalance: false") }
    return lines
  }

  private static func affinity(_ key: String, _ rules: [AffinityRule]) -> [String] {
    var lines = rules.isEmpty ? [] : ["  \(key):"]
    for rule in rules {
      switch rule.target {
      case .service(let name): lines.append("    - service: \(scalar(name.rawValue))")
      case .hosts(let term): lines.append("    - hosts: \(scalar(term.description))")
      }
      if let within = rule.within { lines.append("      within: \(scalar(within))") }
      if rule.isHard { lines.append("      hard: true") }
      if rule.weight != 50 { lines.append("      weight: \(rule.weight)") }
    }
    return lines
  }

  private static func texts(_ key: String, _ items: [some CustomStringConvertible]) -> [String] {
    items.isEmpty ? [] : ["  \(key):"] + items.map { "    - \(scalar($0.description))" }
  }
}
