// SPDX-License-Identifier: Apache-2.0

/// How far an instance is kept from its host; `SandboxProfile` says what each level sets.
package enum Isolation: String, Hashable, Sendable, Codable, CaseIterable {
  /// As a program that root starts by hand.
  case none
  /// The host as it is, with the rights that a server needs.
  case standard
  /// A view of its own, and no rights at all.
  case strict
}
