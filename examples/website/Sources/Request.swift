// SPDX-License-Identifier: Apache-2.0

/// A request's target, taken apart and percent-decoded.
struct Request {
  let path: String
  /// In the order given; the first of a name counts.
  let query: [(name: String, value: String)]

  /// Nil when the target is no path, or not well-formed percent-encoded UTF-8.
  init?(target: String) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let rawPath = parts.first, rawPath.utf8.first == UInt8(ascii: "/"),
      let path = Self.decoded(rawPath, plusIsSpace: false)
    else { return nil }
    var query: [(name: String, value: String)] = []
    for pair in parts.count == 2 ? parts[1].split(separator: "&") : [] {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(sides[0], plusIsSpace: true),
        let value = Self.decoded(sides.count == 2 ? sides[1] : "", plusIsSpace: true)
      else { return nil }
      query.append((name, value))
    }
    self.path = path
    self.query = query
  }

  func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

  /// Percent-decoding (RFC 3986, 2.1); nil for a broken escape and for what is not UTF-8.
  private static func decoded(_ text: Substring, plusIsSpace: Bool) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(hexadecimal),
          let low = rest.popFirst().flatMap(hexadecimal)
        else { return nil }
        bytes.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
