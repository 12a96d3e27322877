// SPDX-License-Identifier: Apache-2.0

/// How much memory may be in huge pages, by the size of a page: `{2Mi: 64Mi}`.
package struct HugePages: Hashable, Sendable, Codable {
  /// Limits by page size.
  package var limits: [Bytes: Bytes]

  package init(_ limits: [Bytes: Bytes] = [:]) { self.limits = limits }

  package var isEmpty: Bool { limits.isEmpty }

  /// By page size, the smallest first.
  package var sorted: [(size: Bytes, limit: Bytes)] {
    limits.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  package init(from decoder: any Decoder) throws {
    let texts = try decoder.singleValueContainer().decode([String: Bytes].self)
    limits = [:]
    for (text, limit) in texts {
      do {
        limits[try Bytes(text)] = limit
      } catch {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "\(error)"))
      }
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var texts: [String: Bytes] = [:]
    for (size, limit) in limits { texts[size.description] = limit }
    var container = encoder.singleValueContainer()
    try container.encode(texts)
  }
}
