// SPDX-License-Identifier: Apache-2.0

/// Numbers one placement: cluster-wide, monotone, never reused. Of two placements of the same instance
/// the one with the higher epoch is the newer; at the same time it is the placement's identity.
package struct Epoch: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var rawValue: UInt64

  package init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// The one after this.
  package var next: Self { Self(rawValue + 1) }

  package var description: String { String(rawValue) }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension Epoch: Codable {
  package init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(UInt64.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}
