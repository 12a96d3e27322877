// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecDecoder {
  /// What is not as it must be was reported with the shape's faults, here and below.
  func priority() -> Priority { text("priority").flatMap { try? Priority($0) } ?? .normal }

  func placement() -> PlacementRules {
    var rules = PlacementRules()
    // As above.
    rules.constraints = texts("constraints").compactMap { try? LabelTerm($0) }
    rules.policy = text("placement", "policy").flatMap(PlacementPolicy.init(rawValue:))
    rules.spread = items("spread").compactMap(spread)
    rules.affinity = items("affinity").compactMap(affinity)
    rules.antiAffinity = items("anti_affinity").compactMap(affinity)
    rules.perHost = integer("placement", "per_host")
    // As above.
    rules.tolerations = texts("tolerate").compactMap { try? Toleration($0) }
    rules.gang = text("placement", "gang")
    rules.rebalances = text("placement", "rebalance") != "false"
    return rules
  }

  /// Affinities that name neither a service nor hosts, or both.
  func affinityFaults() -> [SpecFault] {
    ["affinity", "anti_affinity"].flatMap { key in
      items(key).enumerated().compactMap { place, item in
        (item["service"] == nil) == (item["hosts"] == nil)
          ? SpecFault(
            ["placement", key, "\(place)"],
            "write either service or hosts, such as {service: db} or {hosts: \"disk = ssd\"}")
          : nil
      }
    }
  }

  private func spread(_ item: YAMLNode) -> SpreadRule? {
    guard let label = item["by"]?.text else { return nil }
    var shares: [String: Int] = [:]
    if case .mapping(let entries)? = item["shares"]?.content {
      for entry in entries {
        guard let name = entry.key.text else { continue }
        shares[name] = entry.value.text.flatMap { Int($0) }
      }
    }
    return SpreadRule(label: label, isHard: item["hard"]?.text == "true", shares: shares)
  }

  private func affinity(_ item: YAMLNode) -> AffinityRule? {
    let target: AffinityRule.Target
    // As above.
    if let name = item["service"]?.text.flatMap({ try? ServiceName($0) }) {
      target = .service(name)
      // As above.
    } else if let term = item["hosts"]?.text.flatMap({ try? LabelTerm($0) }) {
      target = .hosts(term)
    } else {
      return nil
    }
    return AffinityRule(
      target, within: item["within"]?.text, isHard: item["hard"]?.text == "true",
      weight: item["weight"]?.text.flatMap { Int($0) } ?? 50)
  }

  private func items(_ key: String) -> [YAMLNode] {
    guard case .sequence(let items)? = node(SpecPath(["placement", key]))?.content else {
      return []
    }
    return items
  }

  private func texts(_ key: String) -> [String] { items(key).compactMap(\.text) }
}
