// SPDX-License-Identifier: Apache-2.0

/// An address and a port to listen on: `0.0.0.0:7480`, `[::]:7480`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  package let host: String
  /// 0 takes a free one.
  package let port: UInt16

  /// nil when the text is no address with a port.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("[") && host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty else { return nil }
    self.host = String(host)
    self.port = port
  }

  package var description: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
