// SPDX-License-Identifier: Apache-2.0

/// A service as the store keeps it.
package struct ServiceRecord: Hashable, Sendable, Codable {
  @Shared package var spec: ServiceSpec
  /// The revision of the last change to the spec or to an override.
  package var revision: Revision
  /// Resources of single slots, set by `resize SERVICE/SLOT`.
  package var overrides: [Int: Resources]
  /// Deleted by the user, and kept until its last placement is gone.
  package var isDeleted: Bool
  /// What a job or a cron has run; nil for other kinds, and in records of older versions.
  package var runs: RunBook?
  /// The slot of each host that a daemon runs on, by the host's name; nil as above.
  package var daemonSlots: [String: Int]?
  /// What is held against single slots; nil as above.
  package var troubles: [Int: SlotTroubles]?

  package init(
    spec: ServiceSpec, revision: Revision, overrides: [Int: Resources] = [:],
    isDeleted: Bool = false
  ) {
    self.spec = spec
    self.revision = revision
    self.overrides = overrides
    self.isDeleted = isDeleted
  }
}

/// A placement as the store keeps it: until its host has said that nothing is left of it.
package struct PlacementRecord: Hashable, Sendable, Codable {
  package var placement: DesiredPlacement
  /// Why it has to end; nil while it is wanted.
  package var stopReason: String?

  package init(placement: DesiredPlacement, stopReason: String? = nil) {
    self.placement = placement
    self.stopReason = stopReason
  }
}

/// A host as the store keeps it.
package struct HostRecord: Hashable, Sendable, Codable {
  package var id: HostID
  package var facts: HostFacts
  /// When an operator said that it is down for certain; nil, and nil again once it is heard.
  package var confirmedDownAt: Timestamp?
  package var cordon: Cordon?
  /// Set by operators; nil is none.
  package var taints: [Taint]?
  /// nil: it has not been down lately.
  package var flaps: FlapRecord?

  enum CodingKeys: String, CodingKey {
    case id, facts, cordon, taints, flaps
    case confirmedDownAt = "confirmed_down_at"
  }

  package init(id: HostID, facts: HostFacts) {
    self.id = id
    self.facts = facts
  }

  /// The labels that conditions see: its own, and `host` (its name) and `kernel` (the kernel's release) where it has none
  /// of that name.
  package var labels: [String: String] {
    facts.labels.merging(["host": id.rawValue, "kernel": facts.kernel]) { own, _ in own }
  }
}

/// One row's worth of a commit.
package enum StoreChange: Hashable, Sendable {
  case putService(ServiceRecord)
  case removeService(ServiceName)
  case putPlacement(PlacementRecord)
  case removePlacement(Epoch)
  case putHost(HostRecord)
  case removeHost(HostID)
  case putReservation(ReservationRecord)
  case removeReservation(ReservationName)
  case appendEvent(ClusterEvent)
}

/// Everything that is made durable at once, or not at all.
package struct StoreCommit: Hashable, Sendable {
  /// The revision of the state after this commit; higher than that of the commit before.
  package var revision: Revision
  /// The next epoch to hand out, after this commit.
  package var nextEpoch: Epoch
  package var changes: [StoreChange]

  package init(revision: Revision, nextEpoch: Epoch, changes: [StoreChange]) {
    self.revision = revision
    self.nextEpoch = nextEpoch
    self.changes = changes
  }
}

/// All that a coordinator finds when it starts.
package struct StoredState: Hashable, Sendable {
  package var revision: Revision
  package var nextEpoch: Epoch
  package var services: [ServiceRecord]
  package var placements: [PlacementRecord]
  package var hosts: [HostRecord]
  package var reservations: [ReservationRecord]
  /// The newest events, oldest first; the store may drop older ones.
  package var events: [ClusterEvent]

  package init(
    revision: Revision = Revision(0), nextEpoch: Epoch = Epoch(1), services: [ServiceRecord] = [],
    placements: [PlacementRecord] = [], hosts: [HostRecord] = [],
    reservations: [ReservationRecord] = [], events: [ClusterEvent] = []
  ) {
    self.revision = revision
    self.nextEpoch = nextEpoch
    self.services = services
    self.placements = placements
    self.hosts = hosts
    self.reservations = reservations
    self.events = events
  }
}
