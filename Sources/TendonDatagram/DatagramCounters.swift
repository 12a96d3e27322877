// SPDX-License-Identifier: Apache-2.0

/// How many datagrams were accepted, and how many dropped for which reason.
package struct DatagramCounters: Hashable, Sendable, Codable {
  package var accepted: UInt64 = 0
  package var tooShort: UInt64 = 0
  package var tooLong: UInt64 = 0
  package var unknownVersion: UInt64 = 0
  package var unknownKind: UInt64 = 0
  package var unknownSession: UInt64 = 0
  package var replayed: UInt64 = 0
  package var forged: UInt64 = 0
  package var malformed: UInt64 = 0

  package init() {}

  /// All drops together.
  package var dropped: UInt64 {
    tooShort + tooLong + unknownVersion + unknownKind + unknownSession + replayed + forged
      + malformed
  }

  package mutating func count(_ error: DatagramError) {
    switch error {
    case .tooShort: tooShort += 1
    case .tooLong: tooLong += 1
    case .unknownVersion: unknownVersion += 1
    case .unknownKind: unknownKind += 1
    case .unknownSession: unknownSession += 1
    case .replayed: replayed += 1
    case .forged: forged += 1
    case .malformed: malformed += 1
    }
  }

  package mutating func add(_ other: DatagramCounters) {
    accepted += other.accepted
    tooShort += other.tooShort
    tooLong += other.tooLong
    unknownVersion += other.unknownVersion
    unknownKind += other.unknownKind
    unknownSession += other.unknownSession
    replayed += other.replayed
    forged += other.forged
    malformed += other.malformed
  }
}
