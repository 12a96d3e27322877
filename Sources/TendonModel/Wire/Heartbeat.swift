// SPDX-License-Identifier: Apache-2.0

/// What an agent tells the coordinator every beat. State, not changes: any one may be lost.
package struct Heartbeat: Hashable, Sendable {
  /// Grows by one with each beat of one agent incarnation.
  package var sequence: UInt64
  package var incarnation: Incarnation
  /// The agent's boot-time clock when it was sent; the acknowledgement echoes it.
  package var sentAt: MonotonicTime
  /// The stream revision that the agent has applied.
  package var appliedRevision: Revision
  /// Round trip of the newest acknowledged beat in microseconds; 0 before the first.
  package var roundTripMicroseconds: UInt32
  package var usage: HostUsage
  /// Changed ones first, the rest in rotation; at most `HeartbeatCodec.maximumInstances`.
  package var instances: [InstanceHealth]

  package init(
    sequence: UInt64, incarnation: Incarnation, sentAt: MonotonicTime, appliedRevision: Revision,
    roundTripMicroseconds: UInt32, usage: HostUsage, instances: [InstanceHealth]
  ) {
    self.sequence = sequence
    self.incarnation = incarnation
    self.sentAt = sentAt
    self.appliedRevision = appliedRevision
    self.roundTripMicroseconds = roundTripMicroseconds
    self.usage = usage
    self.instances = instances
  }
}

/// The coordinator's answer to a heartbeat: it renews the lease from the beat's own send time.
package struct HeartbeatAck: Hashable, Sendable {
  package var sequence: UInt64
  package var echoedSentAt: MonotonicTime
  package var coordinatorEpoch: UInt64
  /// The newest revision of the host's desired state, so that a missed delta is noticed within a beat.
  package var newestRevision: Revision
  package var lease: Span

  package init(
    sequence: UInt64, echoedSentAt: MonotonicTime, coordinatorEpoch: UInt64,
    newestRevision: Revision, lease: Span
  ) {
    self.sequence = sequence
    self.echoedSentAt = echoedSentAt
    self.coordinatorEpoch = coordinatorEpoch
    self.newestRevision = newestRevision
    self.lease = lease
  }
}
