// SPDX-License-Identifier: Apache-2.0
package import TendonDatagram

/// What the health server has seen since it started.
package struct HealthCounters: Hashable, Sendable, Codable {
  /// Datagrams taken in and dropped, over all sessions and strangers.
  package var datagrams = DatagramCounters()
  /// Acknowledgements handed to the socket.
  package var acknowledged: UInt64 = 0
  /// Acknowledgements not sent because the socket was congested; the agent's next beat asks again.
  package var acknowledgementsDropped: UInt64 = 0
  /// How often the socket failed and was opened anew.
  package var rebinds: UInt64 = 0

  package init() {}
}
