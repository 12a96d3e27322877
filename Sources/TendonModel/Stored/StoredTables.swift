// SPDX-License-Identifier: Apache-2.0

/// What a store holds, by its keys: how a commit changes it, and what is found when it is opened.
package struct StoredTables: Sendable {
  package private(set) var revision = Revision(0)
  package private(set) var nextEpoch = Epoch(1)
  private var services: [ServiceName: ServiceRecord] = [:]
  private var placements: [Epoch: PlacementRecord] = [:]
  private var hosts: [HostID: HostRecord] = [:]
  private var reservations: [ReservationName: ReservationRecord] = [:]
  /// Oldest first; whoever keeps them bounds them.
  package var events: [ClusterEvent] = []

  package init() {}

  /// Makes a commit's changes. Whether it may be made is the store's to say.
  package mutating func make(_ commit: StoreCommit) {
    revision = commit.revision
    nextEpoch = commit.nextEpoch
    for change in commit.changes {
      switch change {
      case .putService(let record): services[record.spec.name] = record
      case .removeService(let name): services[name] = nil
      case .putPlacement(let record): placements[record.placement.epoch] = record
      case .removePlacement(let epoch): placements[epoch] = nil
      case .putHost(let record): hosts[record.id] = record
      case .removeHost(let id): hosts[id] = nil
      case .putReservation(let record): reservations[record.reservation.name] = record
      case .removeReservation(let name): reservations[name] = nil
      case .appendEvent(let event): events.append(event)
      }
    }
  }

  /// Whether a placement is there and not to end.
  package func isWanted(_ epoch: Epoch) -> Bool {
    placements[epoch].map { $0.stopReason == nil } ?? false
  }

  /// Each table in the order of its keys.
  package var state: StoredState {
    StoredState(
      revision: revision, nextEpoch: nextEpoch,
      services: services.values.sorted { $0.spec.name < $1.spec.name },
      placements: placements.values.sorted { $0.placement.epoch < $1.placement.epoch },
      hosts: hosts.values.sorted { $0.id < $1.id },
      reservations: reservations.values.sorted { $0.reservation.name < $1.reservation.name },
      events: events)
  }
}
