// SPDX-License-Identifier: Apache-2.0

/// Why a text is not a quantity; the description names the text and what would be accepted.
package struct QuantityError: Error, Hashable, Sendable, CustomStringConvertible {
  package let text: String
  package let expected: String

  package init(text: String, expected: String) {
    self.text = text
    self.expected = expected
  }

  package var description: String { "\"\(text)\" is not \(expected)" }
}

/// A value that people write as text with a unit, such as `250m` or `64Mi`.
package protocol Quantity: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
  /// Completes "… is not": the accepted forms, with examples.
  static var expected: String { get }
  /// A regular expression (ECMA 262, anchored) of the accepted texts, for the JSON Schema.
  static var pattern: String { get }
  init(_ text: String) throws(QuantityError)
}

extension Quantity {
  package init(from decoder: any Decoder) throws {
    self = try decoder.text { try Self($0) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
