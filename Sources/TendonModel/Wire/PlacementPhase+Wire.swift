// SPDX-License-Identifier: Apache-2.0

extension PlacementPhase {
  /// The phase's number in datagrams. Part of the wire format: never renumbered.
  package var wireCode: UInt8 {
    switch self {
    case .starting: 1
    case .running: 2
    case .waiting: 3
    case .stopping: 4
    case .ended: 5
    case .failed: 6
    }
  }

  /// - Throws: `WireError.unknownPhase`
  package init(wireCode: UInt8) throws(WireError) {
    switch wireCode {
    case 1: self = .starting
    case 2: self = .running
    case 3: self = .waiting
    case 4: self = .stopping
    case 5: self = .ended
    case 6: self = .failed
    default: throw .unknownPhase(wireCode)
    }
  }
}
