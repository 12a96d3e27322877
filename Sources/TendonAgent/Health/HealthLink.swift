// SPDX-License-Identifier: Apache-2.0
package import TendonDatagram
package import TendonModel

/// How the agent's health path to the coordinator stands.
package struct HealthLink: Hashable, Sendable {
  /// The acknowledgement of the newest beat that has one.
  package var lastAck: HeartbeatAck?
  /// When it came, on the boot-time clock.
  package var lastAckAt: MonotonicTime?
  /// From sending the newest acknowledged beat to its acknowledgement.
  package var roundTrip: Duration?
  /// The send time of the newest acknowledged beat on the boot-time clock: a lease runs from here, since the
  /// coordinator counts from a later moment. It outlives a change of session.
  package var leaseRenewedFrom: MonotonicTime?
  /// The key is used up; nothing is sent before a new session.
  package var needsNewSession = false
  package var sent: UInt64 = 0
  /// Beats that the system would not send, as while the host is cut off.
  package var sendErrors: UInt64 = 0
  /// Acknowledgements taken in and dropped.
  package var datagrams = DatagramCounters()

  package init() {}

  package var newestRevision: Revision? { lastAck?.newestRevision }

  /// When the granted lease ends; nil before the first acknowledgement.
  package var leaseEnds: MonotonicTime? {
    guard let leaseRenewedFrom, let lastAck else { return nil }
    return leaseRenewedFrom + lastAck.lease.duration
  }
}
