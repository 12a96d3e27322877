// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// An authentic heartbeat, with what the coordinator itself knows of it.
package struct ReceivedHeartbeat: Hashable, Sendable {
  package var host: HostID
  package var sessionID: UInt32
  package var heartbeat: Heartbeat
  /// When it was taken from the socket, on the coordinator's boot-time clock.
  package var receivedAt: MonotonicTime

  package init(
    host: HostID, sessionID: UInt32, heartbeat: Heartbeat, receivedAt: MonotonicTime
  ) {
    self.host = host
    self.sessionID = sessionID
    self.heartbeat = heartbeat
    self.receivedAt = receivedAt
  }
}
