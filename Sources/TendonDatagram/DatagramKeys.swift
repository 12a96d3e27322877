// SPDX-License-Identifier: Apache-2.0
import Crypto
package import TendonModel

/// Which way a datagram goes; each has a key of its own, so none can be sent back to its sender.
package enum DatagramDirection: String, Hashable, Sendable, CaseIterable {
  case agentToCoordinator = "agent to coordinator"
  case coordinatorToAgent = "coordinator to agent"
}

/// The two keys of one session. Both sides derive them; they never cross the wire.
package struct DatagramKeys: Sendable {
  /// Names the session in datagrams.
  package let session: UInt32
  private let toCoordinator: SymmetricKey
  private let toAgent: SymmetricKey

  /// Derives them with HKDF-SHA256 (RFC 5869): the join token is the key material, the two nonces are the
  /// salt, and direction, host and session are the info.
  /// - Throws: `KeyError`
  package init(
    joinToken: [UInt8], agentNonce: String, coordinatorNonce: String, host: HostID, session: UInt32
  ) throws(KeyError) {
    guard !joinToken.isEmpty else { throw .emptyToken }
    let salt = try SessionNonce.bytes(of: agentNonce) + SessionNonce.bytes(of: coordinatorNonce)
    func derive(_ direction: DatagramDirection) -> SymmetricKey {
      HKDF<SHA256>.deriveKey(
        inputKeyMaterial: SymmetricKey(data: joinToken), salt: salt,
        info: Array("tendon udp v1 \(direction.rawValue) \(host) \(session)".utf8),
        outputByteCount: 32)
    }
    self.session = session
    toCoordinator = derive(.agentToCoordinator)
    toAgent = derive(.coordinatorToAgent)
  }

  func key(for direction: DatagramDirection) -> SymmetricKey {
    switch direction {
    case .agentToCoordinator: toCoordinator
    case .coordinatorToAgent: toAgent
    }
  }

  /// The key's bytes, to compare with a known answer.
  func bytes(for direction: DatagramDirection) -> [UInt8] {
    key(for: direction).withUnsafeBytes { Array($0) }
  }
}
