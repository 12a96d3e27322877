// SPDX-License-Identifier: Apache-2.0

/// CPU: the request becomes `cpu.weight` and is what placement counts; the limit becomes `cpu.max`.
package struct CPUResources: Hashable, Sendable {
  package static let defaultRequest = MilliCPU(100)

  package var request: MilliCPU
  package var limit: Limit<MilliCPU>
  /// What may be saved up of periods in which less than the limit was used, and be spent over it in a later one
  /// (`cpu.max.burst`), as CPU over one period; at most the limit.
  package var burst: MilliCPU

  package init(
    request: MilliCPU = defaultRequest, limit: Limit<MilliCPU> = .max, burst: MilliCPU = .zero
  ) {
    self.request = request
    self.limit = limit
    self.burst = burst
  }
}

extension CPUResources: Codable {
  enum CodingKeys: String, CodingKey {
    case request, limit, burst
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    request = try values.decodeIfPresent(MilliCPU.self, forKey: .request) ?? Self.defaultRequest
    limit = try values.decodeIfPresent(Limit<MilliCPU>.self, forKey: .limit) ?? .max
    burst = try values.decodeIfPresent(MilliCPU.self, forKey: .burst) ?? .zero
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(request, forKey: .request)
    try values.encode(limit, forKey: .limit)
    if burst != .zero { try values.encode(burst, forKey: .burst) }
  }
}
