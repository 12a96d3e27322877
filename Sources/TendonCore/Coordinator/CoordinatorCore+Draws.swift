// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Instances that draw on reservations, and what hosts hold for those.
extension CoordinatorCore {
  /// Chooses where an instance is placed: where room is held for its service before other hosts, and in room that is lent
  /// where there is no other.
  mutating func chooseRoom(
    for instance: InstanceID, only: HostID?, now: Now
  ) throws(PlacementRefusal) -> PlacementRoom {
    let demand = demand(of: instance)
    if let only {
      let why = engine.refusals(of: demand, by: only)
      guard why.isEmpty else {
        throw PlacementRefusal(
          hostCount: 1, reasons: [PlacementRefusal.Reason(host: only, why: why)])
      }
      return room(on: only, for: demand)
    }
    var context = context(for: instance, now: now)
    if let host = heldHost(for: demand, context) { return room(on: host, for: demand) }
    do throws(PlacementRefusal) {
      return room(on: try engine.choose(for: demand, context: context), for: demand)
    } catch {
      if let lent = lentRoom(for: demand, context) { return lent }
      // Better on a host that failed it than on none.
      guard !context.excluded.isEmpty else { throw error }
      context.excluded = [:]
      return room(on: try engine.choose(for: demand, context: context), for: demand)
    }
  }

  /// What is special about placing the instance: where it was before, where it fails, and what it replaces.
  func context(for instance: InstanceID, now: Now) -> PlacementContext {
    var context = PlacementContext()
    let service = services[instance.service]
    context.excluded = failingHosts(of: instance, now: now)
    let former = service?.slots[instance.slot]?.max().flatMap { placements[$0] }
    if let former {
      if former.status?.phase == .failed { context.failedOn.insert(former.placement.host) }
      context.replaces = former.placement.host
    } else if let host = service?.lastHosts[instance.slot] {
      context.preferred = host
    }
    return context
  }

  func room(on host: HostID, for demand: PlacementDemand) -> PlacementRoom {
    PlacementRoom(host: host, reservation: engine.facts(of: host)?.hold(for: demand)?.reservation)
  }

  /// The host where all of what an instance asks for is held for its service. nil: none.
  private mutating func heldHost(
    for demand: PlacementDemand, _ context: PlacementContext
  ) -> HostID? {
    guard !reservations.isEmpty else { return nil }
    let holding = hostsHolding(for: demand.service).filter {
      engine.facts(of: $0)?.hold(for: demand).map { demand.asking.fits(in: $0.left) } ?? false
    }
    return choose(among: holding, for: demand, context)
  }

  /// One of these hosts; nil: it fits on none. What speaks against them is told with that of all hosts.
  mutating func choose(
    among some: Set<HostID>, for demand: PlacementDemand, _ context: PlacementContext
  ) -> HostID? {
    guard !some.isEmpty else { return nil }
    var context = context
    context.only = some
    do throws(PlacementRefusal) {
      return try engine.choose(for: demand, context: context)
    } catch {
      return nil
    }
  }

  func hostsHolding(for service: ServiceName) -> Set<HostID> {
    var found: Set<HostID> = []
    for entry in reservations.values where entry.record.reservation.services.contains(service) {
      found.formUnion(entry.record.holds.map(\.host))
    }
    return found
  }

  /// It runs on without the reservation that it drew on.
  mutating func leaveReservation(_ epoch: Epoch) {
    guard let entry = placements[epoch], let service = services[entry.placement.instance.service]
    else { return }
    let resources = service.resources(of: entry.placement.instance.slot)
    let revision = upcomingRevision
    update(epoch) {
      $0.placement.reservation = nil
      $0.placement.isLent = nil
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
      changeLoad(of: host) { $0.setHolds(holds, placements: counted.map(\.placement)) }
    }
  }
}
