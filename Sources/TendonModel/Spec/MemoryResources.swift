// SPDX-License-Identifier: Apache-2.0

/// Memory: the request becomes `memory.low` and is what placement counts; the limit becomes
/// `memory.high` and `memory.max`.
package struct MemoryResources: Hashable, Sendable {
  package static let defaultRequest = Bytes.mebibytes(64)

  package var request: Bytes
  package var limit: Limit<Bytes>
  /// Whether the request is protected even when the host runs out of memory (`memory.min`).
  package var isGuaranteed: Bool
  /// The most that may be swapped out (`memory.swap.max`).
  package var swap: Limit<Bytes>

  package init(
    request: Bytes = defaultRequest, limit: Limit<Bytes> = .max, isGuaranteed: Bool = false,
    swap: Limit<Bytes> = .max
  ) {
    self.request = request
    self.limit = limit
    self.isGuaranteed = isGuaranteed
    self.swap = swap
  }
}

extension MemoryResources: Codable {
  enum CodingKeys: String, CodingKey {
    case request, limit, swap
    case isGuaranteed = "guaranteed"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    request = try values.decodeIfPresent(Bytes.self, forKey: .request) ?? Self.defaultRequest
    limit = try values.decodeIfPresent(Limit<Bytes>.self, forKey: .limit) ?? .max
    isGuaranteed = try values.decodeIfPresent(Bool.self, forKey: .isGuaranteed) ?? false
    swap = try values.decodeIfPresent(Limit<Bytes>.self, forKey: .swap) ?? .max
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(request, forKey: .request)
    try values.encode(limit, forKey: .limit)
    if isGuaranteed { try values.encode(true, forKey: .isGuaranteed) }
    if swap != .max { try values.encode(swap, forKey: .swap) }
  }
}
