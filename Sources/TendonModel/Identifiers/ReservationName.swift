// SPDX-License-Identifier: Apache-2.0

/// The name of a reservation, unique among a cluster's reservations.
package struct ReservationName: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The name: a DNS label (see `NameRules`).
  package let rawValue: String

  /// Accepts a DNS label.
  /// - Throws: `IdentifierError` that says what is wrong with the text.
  package init(_ text: String) throws(IdentifierError) {
    if let fault = NameRules.fault(in: text) {
      throw IdentifierError(text: text, kind: "reservation name", fault: fault)
    }
    rawValue = text
  }

  package var description: String { rawValue }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension ReservationName: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.text { try Self($0) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}
