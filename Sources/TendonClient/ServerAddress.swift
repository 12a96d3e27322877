// SPDX-License-Identifier: Apache-2.0

/// Where a coordinator's API is reached: scheme, host and port, without a path.
package struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
  package static let defaultPort: UInt16 = 7480

  package let isSecure: Bool
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  package let host: String
  package let port: UInt16

  /// Accepts `http://HOST:PORT` and `https://HOST:PORT`; the scheme may be left out (`http`), and the port
  /// (7480). An IPv6 address stands in brackets.
  /// - Throws: `ServerAddressError` that says what is wrong with the text.
  package init(_ text: String) throws(ServerAddressError) {
    var rest = Substring(text)
    var isSecure = false
    if let scheme = rest.firstRange(of: "://") {
      switch rest[..<scheme.lowerBound].lowercased() {
      case "http": break
      case "https": isSecure = true
      default: throw ServerAddressError(text: text, fault: "must begin with http:// or https://")
      }
      rest = rest[scheme.upperBound...]
    }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    let (host, port) = try Self.split(rest, of: text)
    guard !host.isEmpty else { throw ServerAddressError(text: text, fault: "has no host") }
    self.isSecure = isSecure
    self.host = String(host)
    guard let port else {
      self.port = Self.defaultPort
      return
    }
    guard let number = UInt16(port), number > 0 else {
      throw ServerAddressError(text: text, fault: "has the port \"\(port)\", not 1 to 65535")
    }
    self.port = number
  }

  /// `http://host:port`.
  package var description: String {
    "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }

  private static func split(
    _ text: Substring, of whole: String
  ) throws(ServerAddressError) -> (host: Substring, port: Substring?) {
    let host: Substring
    let after: Substring
    let allowed: @Sendable (UInt8) -> Bool
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else {
        throw ServerAddressError(text: whole, fault: "has a [ without its ]")
      }
      (host, after) = (text[text.index(after: text.startIndex)..<end], text[end...].dropFirst())
      allowed = { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") || Self.isHexadecimal($0) }
    } else {
      let end = text.firstIndex(of: ":") ?? text.endIndex
      (host, after) = (text[..<end], text[end...])
      allowed = Self.isNameByte
    }
    guard host.utf8.allSatisfy(allowed) else {
      throw ServerAddressError(text: whole, fault: "must be http://HOST:PORT and no more")
    }
    if after.isEmpty { return (host, nil) }
    guard after.hasPrefix(":") else {
      throw ServerAddressError(text: whole, fault: "must be http://HOST:PORT and no more")
    }
    return (host, after.dropFirst())
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}

/// Why a text was not accepted as a coordinator's address.
package struct ServerAddressError: Error, Hashable, Sendable, CustomStringConvertible {
  package let text: String
  /// What is wrong with it, in words that follow the text.
  package let fault: String

  package init(text: String, fault: String) {
    self.text = text
    self.fault = fault
  }

  package var description: String { "server address \"\(text)\" \(fault)" }
}
