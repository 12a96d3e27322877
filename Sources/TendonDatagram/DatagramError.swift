// SPDX-License-Identifier: Apache-2.0

/// Why a datagram was dropped. Nothing is answered to a dropped datagram.
package enum DatagramError: Error, Hashable, Sendable, CaseIterable {
  /// Shorter than a header and a tag.
  case tooShort
  /// Longer than `WireLimits.maximumDatagram`.
  case tooLong
  case unknownVersion
  case unknownKind
  /// No such session here: a stranger, or one whose session was replaced.
  case unknownSession
  /// Its counter was seen before, or lies behind the replay window.
  case replayed
  /// Its authentication tag does not match.
  case forged
  /// Authentic or not, its content is none that this version defines.
  case malformed
}
