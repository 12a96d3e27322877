// SPDX-License-Identifier: Apache-2.0

/// A length of time as people write it: `500ms`, `10s`, `5m`, `2h`. Resolution: one millisecond.
package struct Span: Quantity {
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  package static func seconds(_ count: Int64) -> Span { Span(milliseconds: count * 1000) }

  package static let expected = "a length of time, such as 500ms, 10s, 5m or 2h"
  package static let pattern = "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$"

  package init(_ text: String) throws(QuantityError) {
    guard let (number, suffix) = DecimalText.split(text) else {
      throw QuantityError(text: text, expected: Self.expected)
    }
    let multiplier: Int64? =
      switch suffix {
      case "ms": 1
      case "s": 1000
      case "m": 60_000
      case "h": 3_600_000
      case "d": 86_400_000
      default: nil
      }
    guard let multiplier, let value = DecimalText.scaled(number, by: multiplier) else {
      throw QuantityError(text: text, expected: Self.expected)
    }
    milliseconds = value
  }

  package var duration: Duration { .milliseconds(milliseconds) }

  package var description: String {
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
      as [(String, Int64)]
    where milliseconds != 0 && milliseconds % size == 0 {
      return "\(milliseconds / size)\(unit)"
    }
    return "\(milliseconds)ms"
  }

  package static func < (left: Self, right: Self) -> Bool {
    left.milliseconds < right.milliseconds
  }
}
