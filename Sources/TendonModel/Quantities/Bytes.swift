// SPDX-License-Identifier: Apache-2.0

/// An amount of memory or storage, in bytes.
package struct Bytes: Quantity {
  package var rawValue: Int64

  package init(_ rawValue: Int64) { self.rawValue = rawValue }

  package static let zero = Bytes(0)
  package static let expected = "an amount of bytes, such as 64Mi, 1.5Gi, 2G or 4096"
  package static let pattern = "^[0-9]+(\\.[0-9]+)?([kKMGTP]i?)?B?$"

  package static func mebibytes(_ count: Int64) -> Bytes { Bytes(count << 20) }

  /// Binary (`Ki`, `Mi`, `Gi`, `Ti`, `Pi`; IEC 80000-13) or decimal (`k`, `M`, `G`, `T`, `P`) multiples, with
  /// or without a final `B`; a fraction of a byte rounds up.
  package init(_ text: String) throws(QuantityError) {
    guard let (number, suffix) = DecimalText.split(text),
      let multiplier = Self.multiplier(of: suffix),
      let value = DecimalText.scaled(number, by: multiplier)
    else { throw QuantityError(text: text, expected: Self.expected) }
    rawValue = value
  }

  static func multiplier(of suffix: Substring) -> Int64? {
    let unit = suffix.last == "B" ? suffix.dropLast() : suffix
    return switch unit {
    case "": 1
    case "k", "K": 1000
    case "M": 1_000_000
    case "G": 1_000_000_000
    case "T": 1_000_000_000_000
    case "P": 1_000_000_000_000_000
    case "Ki": 1 << 10
    case "Mi": 1 << 20
    case "Gi": 1 << 30
    case "Ti": 1 << 40
    case "Pi": 1 << 50
    default: nil
    }
  }

  /// The shortest exact text: a binary unit when it divides evenly, then a decimal one, then bytes.
  package var description: String { Self.text(of: rawValue) }

  /// Cut to whole mebibytes, which read better than an exact count of kibibytes.
  package var rounded: Bytes {
    rawValue < 1 << 20 ? self : .mebibytes(rawValue >> 20)
  }

  static func text(of value: Int64) -> String {
    guard value != 0 else { return "0" }
    for (unit, shift) in [("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)]
    where value % (1 << shift) == 0 {
      return "\(value >> shift)\(unit)"
    }
    for (unit, size) in [("G", 1_000_000_000), ("M", 1_000_000), ("k", 1000)] as [(String, Int64)]
    where value % size == 0 {
      return "\(value / size)\(unit)"
    }
    return String(value)
  }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  package static func + (left: Self, right: Self) -> Self { Self(left.rawValue + right.rawValue) }
  package static func - (left: Self, right: Self) -> Self { Self(left.rawValue - right.rawValue) }
  package static func += (left: inout Self, right: Self) { left = left + right }
  package static func -= (left: inout Self, right: Self) { left = left - right }
}
