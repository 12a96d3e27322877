// SPDX-License-Identifier: Apache-2.0

/// One side's half of a session's salt: 16 random bytes, written in lower-case hexadecimal.
package enum SessionNonce {
  package static let length = 16

  /// A fresh one from the system's random source.
  package static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    let halves = [generator.next(), generator.next()]
    return halves.map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// - Throws: `KeyError.malformedNonce`
  package static func bytes(of text: String) throws(KeyError) -> [UInt8] {
    let digits = Array(text.utf8)
    guard digits.count == 2 * length else { throw .malformedNonce(text) }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else {
        throw .malformedNonce(text)
      }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

/// Why no keys could be derived.
package enum KeyError: Error, Hashable, Sendable {
  /// Not 32 lower-case hexadecimal digits.
  case malformedNonce(String)
  case emptyToken
}
