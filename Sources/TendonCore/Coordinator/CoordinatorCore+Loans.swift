// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Where an instance is placed, and whose room it is.
struct PlacementRoom {
  var host: HostID
  /// The reservation that it draws on, or that lends it the room.
  var reservation: ReservationName?
  var isLent = false
}

/// Room that is held and not needed yet, lent to what is less important, and taken back when it is needed.
extension CoordinatorCore {
  /// Room that is lent to an instance that finds no other.
  mutating func lentRoom(
    for demand: PlacementDemand, _ context: PlacementContext
  ) -> PlacementRoom? {
    for (name, entry) in reservations.sorted(by: { $0.key < $1.key })
    where lends(entry, to: demand.service) {
      var borrowing = demand
      borrowing.lender = name
      let lenders = entry.record.holds.map(\.host).filter {
        engine.facts(of: $0)?.holds.contains { $0.reservation == name && !$0.left.isZero } ?? false
      }
      if let host = choose(among: Set(lenders), for: borrowing, context) {
        return PlacementRoom(host: host, reservation: name, isLent: true)
      }
    }
    return nil
  }

  /// To less important services only, and not while one of those that it is for waits for a host.
  private func lends(_ entry: ReservationEntry, to service: ServiceName) -> Bool {
    let reservation = entry.record.reservation
    guard reservation.lend == true, !reservation.services.contains(service),
      let priority = services[service]?.record.spec.priority
    else { return false }
    let known = reservation.services.compactMap { services[$0] }.filter { !$0.record.isDeleted }
    let least = known.map(\.record.spec.priority).min() ?? .normal
    return priority < least && known.allSatisfy(\.pending.isEmpty)
  }

  /// Makes those leave that room was lent to which an instance needs now: on the host where the fewest have to.
  /// - Returns: what it waits for; nil where nothing that is lent would be of use to it.
  mutating func reclaimLentRoom(for instance: InstanceID, now: Now) -> String? {
    let demand = demand(of: instance)
    let context = context(for: instance, now: now)
    var best: (host: HostID, leaving: [PlacedInstance], victims: [PlacedInstance])?
    for host in hostsHolding(for: demand.service).sorted() {
      guard let load = engine.facts(of: host) else { continue }
      let own = Set(
        load.holds.filter { $0.services.contains(demand.service) }.map(\.reservation))
      let borrowers = hosts[host]!.epochs.compactMap { placements[$0] }.filter {
        $0.placement.isLent == true && $0.placement.reservation.map(own.contains) == true
      }
      let leaving = borrowers.filter(\.isStopping).compactMap(\.placedInstance)
      guard
        let victims = engine.reclaim(
          for: demand, on: host, context: context, leaving: leaving,
          borrowers: borrowers.filter { !$0.isStopping }.compactMap(\.placedInstance))
      else { continue }
      if best.map({ victims.count < $0.victims.count }) ?? true { best = (host, leaving, victims) }
    }
    guard let best else { return nil }
    for victim in best.victims {
      stop(
        victim.epoch,
        because:
          "the reservation \(victim.draw!.reservation), which lent it its room, is needed by \(instance)"
      )
      dirtyServices.insert(victim.demand.service)
    }
    let names = (best.leaving + best.victims).compactMap {
      placements[$0.epoch]?.placement.instance.description
    }.sorted()
    guard !names.isEmpty else { return nil }
    return
      "waits for \(names.joined(separator: ", ")) to leave the room that is held for it on \(best.host)"
  }
}
