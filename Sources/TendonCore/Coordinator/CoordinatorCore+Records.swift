// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The only places where the tables, the indices over them and the pending commit change together.
extension CoordinatorCore {
  /// Adds a placement to the tables; its reservation counts from here on.
  mutating func insert(_ entry: PlacementEntry) {
    let placement = entry.placement
    placements[placement.epoch] = entry
    if entry.isStopping { stopping.insert(placement.epoch) }
    hosts[placement.host]?.epochs.insert(placement.epoch)
    reserve(placement.epoch)
    noteDraw(from: nil, to: placement)
    services[placement.instance.service]?.slots[placement.instance.slot, default: []]
      .insert(placement.epoch)
  }

  /// Forgets a placement of which nothing is left on its host.
  mutating func forget(_ epoch: Epoch) {
    guard let entry = placements[epoch] else { return }
    let placement = entry.placement
    unreserve(entry)
    placements[epoch] = nil
    stopping.remove(epoch)
    rebalancing[epoch] = nil
    hosts[placement.host]?.epochs.remove(epoch)
    noteDraw(from: placement, to: nil)
    let instance = placement.instance
    services[instance.service]?.slots[instance.slot]?.remove(epoch)
    if services[instance.service]?.slots[instance.slot]?.isEmpty == true {
      services[instance.service]?.slots[instance.slot] = nil
    }
    if placement.spec.workload.kind == .service {
      services[instance.service]?.lastHosts[instance.slot] = placement.host
    }
    noteForgotten(placement)
    outbox.changes.append(.removePlacement(epoch))
    touch(placement)
    lookAtSlot(of: instance)
    hasLeft(placement.host)
    retryPending(.departure)
  }

  /// Changes a placement's record, in the tables, in the next commit and on its host.
  mutating func update(_ epoch: Epoch, _ change: (inout PlacementRecord) -> Void) {
    guard var entry = placements[epoch] else { return }
    let before = entry
    change(&entry.record)
    let (old, new) = (before.placement, entry.placement)
    noteDraw(from: old, to: new)
    if entry.isStopping { stopping.insert(epoch) }
    if entry.reserved != nil,
      old.resources != new.resources || old.reservation != new.reservation || old.spec != new.spec
    {
      unreserve(before)
      placements[epoch] = entry
      reserve(epoch)
      retryPending(.departure)
    } else {
      placements[epoch] = entry
    }
    outbox.changes.append(.putPlacement(entry.record))
    outbox.changedEpochs[old.host, default: []].insert(epoch)
    touch(entry.placement)
  }

  /// Gives back what an ended placement had reserved; it is kept to be looked at.
  mutating func release(_ epoch: Epoch) {
    guard let entry = placements[epoch], !entry.isReleased else { return }
    unreserve(entry)
    outbox.touchedHosts.insert(entry.placement.host)
    retryPending(.departure)
  }

  mutating func put(_ service: ServiceEntry) {
    let name = service.record.spec.name
    services[name] = service
    outbox.changes.append(.putService(service.record))
    outbox.touchedServices.insert(name)
    dirtyServices.insert(name)
    // Where it may be decides where room is held for it.
    reservationsMayDiffer = true
  }

  /// Marks what watchers of a placement look at.
  mutating func touch(_ placement: DesiredPlacement) {
    outbox.touchedInstances.insert(placement.instance)
    outbox.touchedServices.insert(placement.instance.service)
    outbox.touchedHosts.insert(placement.host)
  }

  /// Whether its host can be counted on has changed for what is placed there.
  mutating func lookAtSlots(on host: HostID) {
    for epoch in hosts[host]?.epochs ?? [] { lookAtSlot(of: placements[epoch]!.placement.instance) }
  }

  /// What is wanted on a host has changed for the services that have something there.
  mutating func lookAtServices(on host: HostID) {
    for epoch in hosts[host]?.epochs ?? [] {
      dirtyServices.insert(placements[epoch]!.placement.instance.service)
    }
  }

  /// Services with instances that found no host are looked at again, where that may have come of what changed.
  mutating func retryPending(_ changed: Misses = .all) {
    reservationsMayDiffer = true
    for name in waitingServices {
      guard let service = services[name], !service.pending.isEmpty else {
        waitingServices.remove(name)
        continue
      }
      let isConcerned = service.pending.keys.contains {
        service.ruledOut[$0].map { !$0.isDisjoint(with: changed) } ?? true
      }
      if isConcerned { dirtyServices.insert(name) }
    }
  }

  mutating func emit(
    _ reason: String, service: ServiceName? = nil, instance: InstanceID? = nil,
    host: HostID? = nil, now: Now, _ message: String
  ) {
    emit(.info, reason, service: service, instance: instance, host: host, now: now, message)
  }

  mutating func emit(
    _ severity: ClusterEvent.Severity, _ reason: String, service: ServiceName? = nil,
    instance: InstanceID? = nil, host: HostID? = nil, reservation: ReservationName? = nil,
    now: Now, _ message: String
  ) {
    let event = ClusterEvent(
      revision: upcomingRevision, ordinal: outbox.events.count, at: now.wall, severity: severity,
      reason: reason, service: service ?? instance?.service, instance: instance, host: host,
      reservation: reservation, message: message)
    outbox.events.append(event)
    outbox.changes.append(.appendEvent(event))
    eventLog.append(event)
  }
}
