// SPDX-License-Identifier: Apache-2.0
package import NIOHTTP1

/// A method, a path below `/v1` and a query of the API.
package struct Route: Sendable {
  package let method: HTTPMethod
  /// Path and query as they stand in the request line.
  package let target: String

  /// - Parameters:
  ///   - path: the parts after `/v1`, not yet encoded.
  ///   - query: pairs, not yet encoded; a nil value leaves the pair out.
  package init(
    _ method: HTTPMethod, _ path: String..., query: [(String, String?)] = []
  ) {
    self.method = method
    let pairs = query.compactMap { name, value in value.map { "\(name)=\(Self.encoded($0))" } }
    target =
      "/v1/" + path.map(Self.encoded).joined(separator: "/")
      + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
  }

  /// Percent-encodes all but the unreserved characters (RFC 3986, 2.3).
  static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
    return result
  }
}
