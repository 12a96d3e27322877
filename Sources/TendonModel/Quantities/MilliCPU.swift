// SPDX-License-Identifier: Apache-2.0

/// CPU time in thousandths of one CPU: `250m` is a quarter, `1.5` is 1,500.
package struct MilliCPU: Quantity {
  package var rawValue: Int64

  package init(_ rawValue: Int64) { self.rawValue = rawValue }

  package static let zero = MilliCPU(0)
  package static let expected = "an amount of CPU, such as 250m, 0.5 or 2"
  package static let pattern = "^[0-9]+(\\.[0-9]+)?$|^[0-9]+m$"

  /// Accepts whole thousandths with `m`, or CPUs as a decimal; finer fractions round up.
  package init(_ text: String) throws(QuantityError) {
    guard let (number, suffix) = DecimalText.split(text) else {
      throw QuantityError(text: text, expected: Self.expected)
    }
    let value: Int64?
    switch suffix {
    case "": value = DecimalText.scaled(number, by: 1000)
    case "m" where !number.contains("."): value = DecimalText.scaled(number, by: 1)
    default: value = nil
    }
    guard let value else { throw QuantityError(text: text, expected: Self.expected) }
    rawValue = value
  }

  /// The shortest text that reads back as the same value: `2`, `250m`.
  package var description: String {
    rawValue % 1000 == 0 ? String(rawValue / 1000) : "\(rawValue)m"
  }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  package static func + (left: Self, right: Self) -> Self { Self(left.rawValue + right.rawValue) }
  package static func - (left: Self, right: Self) -> Self { Self(left.rawValue - right.rawValue) }
  package static func += (left: inout Self, right: Self) { left = left + right }
  package static func -= (left: inout Self, right: Self) { left = left - right }
}
