// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// Why a request to a coordinator brought no answer that can be used.
package enum ClientError: Error, Hashable, Sendable {
  /// Nobody answered, or the connection ended before the answer did.
  case unreachable(ServerAddress, why: String)
  /// The coordinator answered, and the answer is no; `status` is the HTTP status.
  case refused(APIError, status: Int)
  /// What came back is not an answer of Tendon's API.
  case malformedAnswer(ServerAddress, why: String)
  /// The task that asked was cancelled.
  case cancelled
}

extension ClientError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreachable(let address, let why): "cannot reach \(address): \(why)"
    case .refused(let error, _): error.description
    case .malformedAnswer(let address, let why):
      "\(address) gave an answer that is not Tendon's: \(why)"
    case .cancelled: "cancelled"
    }
  }
}
