// SPDX-License-Identifier: Apache-2.0

/// Numbers one committed change of the desired state; grows by one with each commit.
package struct Revision: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var rawValue: UInt64

  package init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// The one after this.
  package var next: Self { Self(rawValue + 1) }

  package var description: String { String(rawValue) }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension Revision: Codable {
  package init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(UInt64.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}
