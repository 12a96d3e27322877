// SPDX-License-Identifier: Apache-2.0

/// Why a socket could not be had or used.
package enum SocketError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The address is none that this host can resolve; the reason is the resolver's.
  case unresolved(String, reason: String)
  case call(String, errno: Int32)

  /// What is wrong, without what was tried.
  package var reason: String {
    switch self {
    case .unresolved(_, let reason): reason
    case .call(_, let errno): errnoText(errno)
    }
  }

  package var description: String {
    switch self {
    case .unresolved(let address, let reason): "\(address): \(reason)"
    case .call(let call, _): "\(call): \(reason)"
    }
  }
}
