// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Instances that draw on reservations, and what hosts hold for those.
extension CoordinatorCore {
  /// The host where all of what an instance asks for is held for its service: such a host goes before others. nil: none.
  func heldHost(for demand: PlacementDemand) -> HostID? {
    guard !reservations.isEmpty else { return nil }
    let asking = Reservation.Amount(demand.resources)
    let holding = hostsHolding(for: demand.service).compactMap { hosts[$0]?.load }.filter {
      $0.hold(for: demand.service, asking: asking).map { asking.fits(in: $0.left) } ?? false
    }
    // What speaks against these hosts is told with that of all hosts.
    return try? Placer.choose(among: holding, for: demand)
  }

  private func hostsHolding(for service: ServiceName) -> Set<HostID> {
    var found: Set<HostID> = []
    for entry in reservations.values where entry.record.reservation.services.contains(service) {
      found.formUnion(entry.record.holds.map(\.host))
    }
    return found
  }

  /// The reservation that an instance draws on where it is placed on `host`.
  func reservation(
    for service: ServiceName, _ resources: Resources, on host: HostID
  ) -> ReservationName? {
    hosts[host]?.load.hold(for: service, asking: Reservation.Amount(resources))?.reservation
  }

  /// It runs on without the reservation that it drew on.
  mutating func leaveReservation(_ epoch: Epoch) {
    guard let entry = placements[epoch], let service = services[entry.placement.instance.service]
    else { return }
    let resources = service.resources(of: entry.placement.instance.slot)
    let revision = upcomingRevision
    update(epoch) {
      $0.placement.reservation = nil
      guard !entry.isStopping else { return }
      $0.placement.resources = resources
      $0.placement.resourcesRevision = revision
    }
  }

  /// A placement came, went, or changed; nil stands for none.
  mutating func noteDraw(from before: DesiredPlacement?, to after: DesiredPlacement?) {
    guard before?.reservation != after?.reservation else { return }
    if let before, let name = before.reservation {
      reservations[name]?.epochs.remove(before.epoch)
      outbox.touchedReservations.insert(name)
    }
    if let after, let name = after.reservation {
      reservations[name]?.epochs.insert(after.epoch)
      outbox.touchedReservations.insert(name)
    }
  }

  /// Puts what the reservations hold on these hosts into what placement sees of them.
  mutating func loadHolds(on touched: some Sequence<HostID>) {
    for host in touched {
      guard let entry = hosts[host] else { continue }
      let holds = reservations.values.flatMap { reservation in
        reservation.record.holds.filter { $0.host == host }.map {
          PlacementHost.Hold(
            reservation: reservation.record.reservation.name,
            services: Set(reservation.record.reservation.services), amount: $0.amount)
        }
      }
      let counted = entry.epochs.compactMap { placements[$0] }.filter { !$0.isReleased }
      hosts[host]!.load.setHolds(holds, placements: counted.map(\.placement))
    }
  }
}
