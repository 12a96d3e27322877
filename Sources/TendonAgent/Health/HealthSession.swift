// SPDX-License-Identifier: Apache-2.0
package import NIOCore
package import TendonDatagram
package import TendonModel

/// What an agent needs to send heartbeats: the coordinator's grant and the keys that follow from it.
package struct HealthSession: Sendable {
  package let keys: DatagramKeys
  /// Where the coordinator takes heartbeats.
  package let coordinator: SocketAddress
  package let interval: Duration

  package init(keys: DatagramKeys, coordinator: SocketAddress, interval: Duration) {
    self.keys = keys
    self.coordinator = coordinator
    self.interval = interval
  }

  /// The session of a grant.
  /// - Parameters:
  ///   - agentNonce: the one that this agent sent in its `SessionRequest`.
  ///   - coordinator: the address it reached the coordinator at; the port is replaced by the grant's.
  /// - Throws: `KeyError`
  package init(
    grant: SessionGrant, joinToken: [UInt8], agentNonce: String, host: HostID,
    coordinator: SocketAddress
  ) throws(KeyError) {
    keys = try DatagramKeys(
      joinToken: joinToken, agentNonce: agentNonce, coordinatorNonce: grant.nonce, host: host,
      session: grant.sessionID)
    var address = coordinator
    address.port = Int(grant.udpPort)
    self.coordinator = address
    interval = grant.heartbeatInterval.duration
  }
}
