// SPDX-License-Identifier: Apache-2.0
package import TendonDatagram

/// What the health server has seen since it started.
package struct HealthCounters: Hashable, Sendable, Codable {
  /// Datagrams taken in and dropped, over all sessions and strangers.
  package var datagrams = DatagramCounters()
  /// Acknowledgements that the kernel took.
  package var acknowledged: UInt64 = 0
  /// Acknowledgements that the kernel did not take (a full socket, no route); the agent's next beat asks again.
  package var acknowledgementsDropped: UInt64 = 0
  /// How often reading the socket failed.
  package var receiveErrors: UInt64 = 0

  package init() {}

  mutating func add(_ other: HealthCounters) {
    datagrams.add(other.datagrams)
    acknowledged += other.acknowledged
    acknowledgementsDropped += other.acknowledgementsDropped
    receiveErrors += other.receiveErrors
  }
}
