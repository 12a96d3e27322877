// SPDX-License-Identifier: Apache-2.0

/// The two secrets of a cluster.
package struct Tokens: Sendable {
  /// For users.
  package let api: [UInt8]
  /// For agents; also the material of the UDP keys.
  package let join: [UInt8]

  package init(api: [UInt8], join: [UInt8]) {
    precondition(!api.isEmpty && !join.isEmpty, "an empty token would let everybody in")
    self.api = api
    self.join = join
  }

  /// Compares in a time that depends on the offered token's length only.
  static func isEqual(_ offered: some Collection<UInt8>, _ token: [UInt8]) -> Bool {
    var difference: UInt8 = offered.count == token.count ? 0 : 1
    for (index, byte) in offered.enumerated() { difference |= byte ^ token[index % token.count] }
    return difference == 0
  }
}
