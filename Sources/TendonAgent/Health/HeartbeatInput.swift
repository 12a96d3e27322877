// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// What one heartbeat tells, as the agent knows it at that moment.
package struct HeartbeatInput: Sendable {
  package var usage: HostUsage
  /// All placements of the host; `HealthRotation` chooses which of them the next datagram carries.
  package var instances: [InstanceReading]
  /// The stream revision that the agent has applied.
  package var appliedRevision: Revision

  package init(usage: HostUsage, instances: [InstanceReading], appliedRevision: Revision) {
    self.usage = usage
    self.instances = instances
    self.appliedRevision = appliedRevision
  }
}

/// Health of one placement, and whether it is news.
package struct InstanceReading: Hashable, Sendable {
  package var health: InstanceHealth
  /// Whether something that matters to the coordinator changed since the last reading (phase, restarts), so that
  /// it should not wait for its turn.
  package var isChanged: Bool

  package init(health: InstanceHealth, isChanged: Bool) {
    self.health = health
    self.isChanged = isChanged
  }
}
