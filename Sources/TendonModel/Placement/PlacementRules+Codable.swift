// SPDX-License-Identifier: Apache-2.0

extension PlacementRules: Codable {
  enum CodingKeys: String, CodingKey {
    case constraints, policy, spread, affinity, gang
    case antiAffinity = "anti_affinity"
    case perHost = "per_host"
    case tolerations = "tolerate"
    case rebalances = "rebalance"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    constraints = try values.decodeIfPresent([LabelTerm].self, forKey: .constraints) ?? []
    policy = try values.decodeIfPresent(PlacementPolicy.self, forKey: .policy)
    spread = try values.decodeIfPresent([SpreadRule].self, forKey: .spread) ?? []
    affinity = try values.decodeIfPresent([AffinityRule].self, forKey: .affinity) ?? []
    antiAffinity = try values.decodeIfPresent([AffinityRule].self, forKey: .antiAffinity) ?? []
    perHost = try values.decodeIfPresent(Int.self, forKey: .perHost)
    tolerations = try values.decodeIfPresent([Toleration].self, forKey: .tolerations) ?? []
    gang = try values.decodeIfPresent(String.self, forKey: .gang)
    rebalances = try values.decodeIfPresent(Bool.self, forKey: .rebalances) ?? true
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    if !constraints.isEmpty { try values.encode(constraints, forKey: .constraints) }
    try values.encodeIfPresent(policy, forKey: .policy)
    if !spread.isEmpty { try values.encode(spread, forKey: .spread) }
    if !affinity.isEmpty { try values.encode(affinity, forKey: .affinity) }
    if !antiAffinity.isEmpty { try values.encode(antiAffinity, forKey: .antiAffinity) }
    try values.encodeIfPresent(perHost, forKey: .perHost)
    if !tolerations.isEmpty { try values.encode(tolerations, forKey: .tolerations) }
    try values.encodeIfPresent(gang, forKey: .gang)
    if !rebalances { try values.encode(false, forKey: .rebalances) }
  }
}

extension SpreadRule: Codable {
  enum CodingKeys: String, CodingKey {
    case shares
    case label = "by"
    case isHard = "hard"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    label = try values.decode(String.self, forKey: .label)
    isHard = try values.decodeIfPresent(Bool.self, forKey: .isHard) ?? false
    shares = try values.decodeIfPresent([String: Int].self, forKey: .shares) ?? [:]
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(label, forKey: .label)
    if isHard { try values.encode(true, forKey: .isHard) }
    if !shares.isEmpty { try values.encode(shares, forKey: .shares) }
  }
}

extension AffinityRule: Codable {
  enum CodingKeys: String, CodingKey {
    case service, hosts, within, weight
    case isHard = "hard"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    target =
      if let service = try values.decodeIfPresent(ServiceName.self, forKey: .service) {
        .service(service)
      } else {
        .hosts(try values.decode(LabelTerm.self, forKey: .hosts))
      }
    within = try values.decodeIfPresent(String.self, forKey: .within)
    isHard = try values.decodeIfPresent(Bool.self, forKey: .isHard) ?? false
    weight = try values.decodeIfPresent(Int.self, forKey: .weight) ?? 50
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch target {
    case .service(let name): try values.encode(name, forKey: .service)
    case .hosts(let term): try values.encode(term, forKey: .hosts)
    }
    try values.encodeIfPresent(within, forKey: .within)
    if isHard { try values.encode(true, forKey: .isHard) }
    if weight != 50 { try values.encode(weight, forKey: .weight) }
  }
}
