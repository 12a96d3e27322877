// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// What has to be looked at after an event: whole services, or single slots of them. A service of thousands of replicas is
/// reported on a few at a time.
extension CoordinatorCore {
  /// Something about the copies of one slot has changed, and nothing about what is wanted or where it may run.
  mutating func lookAtSlot(of instance: InstanceID) {
    dirtySlots[instance.service, default: []].insert(instance.slot)
  }

  /// Looks at every service that an event may have concerned, until nothing more follows.
  mutating func settle(now: Now) {
    gangRefusals = [:]
    var queue: [ServiceName] = []
    while true {
      // What is held in advance goes before what asks for room now.
      settleReservations(now: now)
      if dirtyServices.isEmpty && dirtySlots.isEmpty { return }
      for name in dirtyServices { dirtySlots[name] = nil }
      if let name = byImportance(dirtyServices).last {
        dirtyServices.remove(name)
        settle(name, now: now)
        queue = []
        continue
      }
      // Names are only added to those with dirty slots, but for the one that is taken here.
      if queue.count != dirtySlots.count { queue = byImportance(dirtySlots.keys) }
      let name = queue.removeLast()
      settle(dirtySlots.removeValue(forKey: name)!, of: name, now: now)
    }
  }

  /// Looks at some slots only, where the others have nothing to do with them: nothing rolls, moves or waits.
  private mutating func settle(_ slots: Set<Int>, of name: ServiceName, now: Now) {
    guard let service = services[name] else { return }
    let replicas = service.record.spec.replicas
    guard service.isUniform, service.record.spec.workload.kind == .service,
      !service.record.isDeleted, service.pending.isEmpty, service.heldBack.isEmpty
    else { return settle(name, now: now) }
    var changed: [InstanceID] = []
    for slot in slots.sorted() where slot < replicas {
      let instance = InstanceID(service: name, slot: slot)
      let copies = copies(of: instance, in: service, now: now)
      guard isAsWanted(copies) else { return settle(name, now: now) }
      // Nothing comes of one that is as wanted: of a million instances nearly all are.
      if copies.count == 1, !copies[0].isLost, copies[0].phase != .failed { continue }
      changed.append(instance)
    }
    var mayRoll = false
    for instance in changed { settle(instance, mayRoll: &mayRoll, now: now) }
  }

  /// What room there is goes to the highest priority, which is last here; between equals the order is that of the names.
  private func byImportance(_ names: some Sequence<ServiceName>) -> [ServiceName] {
    let ranked: [(priority: Priority, name: ServiceName)] = names.map {
      (services[$0]?.record.$spec.wrappedValue.priority ?? .normal, $0)
    }
    return ranked.sorted { one, other in
      one.priority == other.priority ? one.name > other.name : one.priority < other.priority
    }.map(\.name)
  }
}
