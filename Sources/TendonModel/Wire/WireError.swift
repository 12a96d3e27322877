// SPDX-License-Identifier: Apache-2.0

/// Why bytes were not a message of ours.
package enum WireError: Error, Hashable, Sendable {
  /// They end before the message does.
  case truncated
  /// They go on after the message's end.
  case trailing(count: Int)
  /// They are longer than any message may be.
  case tooLong(count: Int)
  case unknownVersion(UInt8)
  case unknownPhase(UInt8)
  /// A flag is set that this version does not define.
  case unknownFlags(UInt8)
  /// More instances are announced than one heartbeat may carry.
  case tooManyInstances(Int)
  /// A part is said to have a length that it can't have.
  case badLength(Int)
  case unknownResult(UInt8)
}

extension WireError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .truncated: "the message ends too early"
    case .trailing(let count): "\(count) bytes follow the message"
    case .tooLong(let count): "\(count) bytes are more than a message may have"
    case .unknownVersion(let version): "message version \(version) is not known"
    case .unknownPhase(let code): "placement phase \(code) is not known"
    case .unknownFlags(let flags): "flags \(flags) are not known"
    case .tooManyInstances(let count): "\(count) instances are more than a heartbeat may carry"
    case .badLength(let count): "\(count) bytes are not what that part may have"
    case .unknownResult(let code): "probe result \(code) is not known"
    }
  }
}
