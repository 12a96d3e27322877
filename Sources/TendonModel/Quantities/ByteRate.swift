// SPDX-License-Identifier: Apache-2.0

/// A transfer rate in bytes per second, written `10MB/s` or `1Mi/s`.
package struct ByteRate: Quantity {
  package var rawValue: Int64

  package init(_ rawValue: Int64) { self.rawValue = rawValue }

  package static let expected = "a rate in bytes per second, such as 10MB/s, 512Ki/s or 1G/s"
  package static let pattern = "^[0-9]+(\\.[0-9]+)?([kKMGTP]i?)?B?(/s)?$"

  /// Accepts what `Bytes` accepts, with `/s` after it or without.
  package init(_ text: String) throws(QuantityError) {
    let amount = text.hasSuffix("/s") ? String(text.dropLast(2)) : text
    guard let bytes = try? Bytes(amount) else {  // the error below names the whole text instead
      throw QuantityError(text: text, expected: Self.expected)
    }
    rawValue = bytes.rawValue
  }

  package var description: String { "\(Bytes.text(of: rawValue))B/s" }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
