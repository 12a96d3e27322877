// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Bringing what is placed in line with what is wanted.
extension CoordinatorCore {
  /// Looks at a whole service.
  mutating func settle(_ name: ServiceName, now: Now) {
    guard let service = services[name] else { return }
    switch service.record.spec.workload.kind {
    case .daemon where !service.record.isDeleted: return settleDaemon(name, now: now)
    case .job where !service.record.isDeleted: return settleRuns(of: name, now: now)
    case .cron where !service.record.isDeleted: return settleCron(name, now: now)
    default: break
    }
    stopUnwantedSlots(service)
    if service.record.isDeleted {
      services[name]!.pending = [:]
      workLooks[name] = nil
      if services[name]!.slots.isEmpty {
        services[name] = nil
        outbox.changes.append(.removeService(name))
        outbox.touchedServices.insert(name)
      }
      return
    }
    for slot in service.pending.keys where slot >= service.record.spec.replicas {
      setPending(InstanceID(service: name, slot: slot), nil, now: now)
    }
    var mayRoll = !isRolling(name)
    var isUniform = true
    for slot in 0..<service.record.spec.replicas {
      let isAsWanted = settle(
        InstanceID(service: name, slot: slot), mayRoll: &mayRoll, now: now)
      isUniform = isUniform && isAsWanted
    }
    services[name]?.isUniform = isUniform
  }

  /// Placements of slots above the replica count, or of a deleted service, have to end.
  private mutating func stopUnwantedSlots(_ service: ServiceEntry) {
    let replicas = service.record.isDeleted ? 0 : service.record.spec.replicas
    let reason = service.record.isDeleted ? "the service was deleted" : "scaled down"
    for (slot, epochs) in service.slots where slot >= replicas {
      for epoch in epochs.sorted() { stop(epoch, because: reason) }
    }
  }

  /// - Parameter only: the one host that the slot belongs to; nil is any.
  /// - Returns: whether all copies that there were are of what is wanted, where that is wanted.
  @discardableResult
  mutating func settle(
    _ instance: InstanceID, only: HostID? = nil, mayRoll: inout Bool, now: Now
  ) -> Bool {
    let copies = copies(of: instance, now: now)
    let isFree = mayRoll && mayLeave(copies) && !(only == nil && isBehind(instance, copies))
    let actions = SlotPlan.actions(copies: copies, mayRoll: isFree)
    var isPlaced = true
    for action in actions {
      switch action {
      case .stop(let epoch, let cause):
        stop(epoch, because: words(for: cause, epoch))
        if cause == .failed { countFailure(of: instance, now: now) }
      case .place(let replacing, let cause):
        let before = services[instance.service]?.heldBack.removeValue(forKey: instance.slot)
        let target = cause == .drained ? rebalanceTarget(of: copies) : nil
        let hasRoom = place(
          instance, only: only ?? target, replacing: replacing, because: cause, now: now)
        if target != nil, !hasRoom { giveUpRebalancing(copies.map(\.epoch)) }
        // One that only balances does not wait for room.
        isPlaced = hasRoom || target != nil
        // One that can't leave now, or is held back, does not keep those after it.
        let isHeldBack = services[instance.service]?.heldBack[instance.slot] != nil
        if cause == .newVersion ? !isHeldBack : cause == .drained && hasRoom { mayRoll = false }
        tellHeldBack(instance, before: before, now: now)
      }
    }
    if isPlaced { setPending(instance, nil, now: now) }
    return isAsWanted(copies)
  }

  func isAsWanted(_ copies: [SlotPlan.Copy]) -> Bool {
    copies.allSatisfy { $0.isCurrent && !$0.isFailing }
  }

  /// Whether it runs what is wanted, on a host where that is wanted.
  func isCurrent(_ entry: PlacementEntry, of service: ServiceEntry) -> Bool {
    let (wanted, placed) = (service.record.$spec, entry.placement.$spec)
    // Most copies are of the very spec that is wanted.
    let isSame = wanted.identity == placed.identity
    return !isLeaving(entry)
      && (isSame || !wanted.wrappedValue.needsNewProcesses(comparedTo: placed.wrappedValue))
      && (!wanted.wrappedValue.choosesHosts
        || wanted.wrappedValue.suits(engine.labels(of: entry.placement.host) ?? [:]))
  }

  func copies(of instance: InstanceID, now: Now) -> [SlotPlan.Copy] {
    services[instance.service].map { copies(of: instance, in: $0, now: now) } ?? []
  }

  func copies(of instance: InstanceID, in service: ServiceEntry, now: Now) -> [SlotPlan.Copy] {
    (service.slots[instance.slot] ?? []).compactMap { epoch in
      guard let entry = placements[epoch], !entry.isStopping else { return nil }
      let isCurrent = isCurrent(entry, of: service)
      let crashes = isCurrent ? crashVerdict(of: epoch, now: now) : .fine
      return SlotPlan.Copy(
        epoch: epoch, isLost: isLost(entry, now: now),
        isCurrent: isCurrent && crashes != .leave,
        phase: entry.status?.phase, isReady: entry.status?.isReady ?? false,
        isLeaving: isLeaving(entry), isFailing: crashes != .fine, isUnheard: entry.isUnheard)
    }
  }

  /// Whether some slot's old version is being replaced: its new copy is not ready yet, or its old one is not gone.
  func isRolling(_ name: ServiceName) -> Bool {
    guard let service = services[name] else { return false }
    return service.slots.keys.contains { slot in
      let all = (service.slots[slot] ?? []).compactMap { placements[$0] }
        .filter { detector.state(of: $0.placement.host) != .down }
      // One that stays is no change of versions, whichever it has.
      guard all.count > 1 || all.first?.isStopping == true else { return false }
      let versions = all.map { !isCurrent($0, of: service) }
      return versions.contains(true)
        && (versions.contains(false) || all.contains(where: \.isStopping))
    }
  }

  mutating func stop(_ epoch: Epoch, because reason: String) {
    guard let entry = placements[epoch], !entry.isStopping else { return }
    update(epoch) { $0.stopReason = reason }
  }

  private func words(for cause: SlotPlan.StopCause, _ epoch: Epoch) -> String {
    switch cause {
    case .failed:
      return "it failed: \(placements[epoch]?.status?.message ?? "no reason was given")"
    case .outdated: return "it was not what is wanted any more before it was ready"
    case .surplus: return "two other copies of it are enough until one of them takes over"
    case .failing: return "its host kept failing it: \(placements[epoch]?.status?.message ?? "")"
    case .superseded(let newer):
      let host = placements[newer].map { " on \($0.placement.host)" } ?? ""
      return "the newer copy with epoch \(newer) runs\(host)"
    }
  }

  mutating func countFailure(of instance: InstanceID, now: Now) {
    let failures = (services[instance.service]?.backoff[instance.slot]?.failures ?? 0) + 1
    let doubled = settings.replaceBackoff * (1 << min(failures - 1, 20))
    let end = now.monotonic + min(doubled, settings.replaceBackoffCap)
    services[instance.service]?.backoff[instance.slot] = SlotBackoff(
      failures: failures, notBefore: end)
    nextBackoffEnd = min(end, nextBackoffEnd ?? end)
  }

  /// Places a new copy. Returns false when the slot has to wait; the reason is then in `pending`.
  mutating func place(
    _ instance: InstanceID, only: HostID? = nil, replacing: Epoch? = nil,
    because cause: SlotPlan.PlaceCause, now: Now
  ) -> Bool {
    let service = services[instance.service]!
    if let reason = quarantineRefusal(of: instance) {
      setPending(instance, reason, isTold: false, now: now)
      return false
    }
    if let backoff = service.backoff[instance.slot], backoff.notBefore > now.monotonic {
      let wait = Span(milliseconds: (backoff.notBefore - now.monotonic).wholeMilliseconds)
      setPending(
        instance, "it failed \(backoff.failures) times and is placed again in \(wait)", now: now)
      return false
    }
    if cause == .hostDown, let reason = moveRefusal(of: instance, now: now) {
      setPending(instance, reason, now: now)
      return false
    }
    let spec = service.record.spec
    if cause == .new, let gang = spec.placement.gang, spec.workload.kind == .service {
      let reason = placeGang(gang, with: instance, now: now)
      if let reason { setPending(instance, reason, now: now) }
      return reason == nil
    }
    do throws(PlacementRefusal) {
      let room = try chooseRoom(for: instance, only: only, now: now)
      if let reason = fenceRefusal(of: instance, now: now) {
        if cause == .hostDown { pace.giveBack() }
        let isHeldBack = services[instance.service]!.heldBack[instance.slot] != nil
        setPending(instance, reason, isTold: !isHeldBack, now: now)
        return false
      }
      add(
        instance, in: room, resources: service.resources(of: instance.slot), because: cause,
        now: now)
      return true
    } catch {
      if cause == .hostDown { pace.giveBack() }
      if let reason = reclaimLentRoom(for: instance, now: now) {
        setPending(instance, reason, now: now)
        return false
      }
      // What has a copy that runs does not make others leave.
      if cause == .new || cause == .hostDown || cause == .failed,
        only == nil, let reason = preempt(for: instance, now: now)
      {
        setPending(instance, reason, now: now)
        return false
      }
      if cause == .drained || cause == .failing {
        setPending(
          instance, "can't leave its host yet, since it \(error)", ruledOutBy: error.misses,
          isTold: false, now: now)
        return false
      }
      // Where no host has the labels, stopping it makes no room.
      if let replacing,
        hosts.values.contains(where: { spec.suits($0.record.labels) })
      {
        if let reason = makeWayRefusal(of: replacing) {
          setPending(
            instance, "keeps its old version: it \(error), and \(reason)", isTold: false, now: now)
          return false
        }
        // No room for both: the old one makes way. When it is gone this slot is settled again.
        stop(replacing, because: "it makes room for the new version, since \(error)")
      }
      setPending(instance, error.description, ruledOutBy: error.misses, now: now)
      return false
    }
  }

  mutating func add(
    _ instance: InstanceID, in room: PlacementRoom, resources: Resources,
    because cause: SlotPlan.PlaceCause, now: Now
  ) {
    let (host, reservation) = (room.host, room.reservation)
    let formerEpoch = services[instance.service]!.slots[instance.slot]?.max()
    let former = formerEpoch.flatMap { placements[$0]?.placement.host }
    var placement = DesiredPlacement(
      epoch: nextEpoch, instance: instance, host: host,
      spec: specForRun(services[instance.service]!.record.$spec, instance),
      resources: resources.drawing(on: room.isLent ? nil : reservation),
      resourcesRevision: upcomingRevision, placedAt: now.wall, reservation: reservation)
    if room.isLent { placement.isLent = true }
    nextEpoch = nextEpoch.next
    let record = PlacementRecord(placement: placement)
    insert(PlacementEntry(record: record))
    retryPending(.arrival)
    outbox.changes.append(.putPlacement(record))
    outbox.changedEpochs[host, default: []].insert(placement.epoch)
    touch(placement)
    let from = former.map { " from \($0)" } ?? ""
    let message =
      switch cause {
      case .new where placement.spec.workload.kind == .daemon: "Placed on \(host), which matches."
      case .new: "Placed on \(host), the host with the most room for it."
      case .hostDown:
        "Moved\(from) to \(host): \(former.map(\.description) ?? "its host") is "
          + (former.map { detector.state(of: $0) } == .suspect
            ? "not heard, and its lease has ended." : "down.")
      case .failed: "Placed on \(host) after it failed\(former.map { " on \($0)" } ?? "")."
      case .newVersion: "Its new version was placed on \(host)."
      case .drained:
        "Placed on \(host), to leave \(former.map(\.description) ?? "its host"), "
          + (former.flatMap { hosts[$0]?.record.cordon?.drain } != nil
            ? "which is being drained."
            : formerEpoch.flatMap { rebalancing[$0] } == nil
              ? "which has a taint that evicts it." : "which is fuller.")
      case .failing:
        "Moved\(from) to \(host): \(former.map(\.description) ?? "its host") keeps failing it."
      }
    let draws =
      reservation.map {
        room.isLent
          ? " The reservation \($0) lends it that room." : " It draws on the reservation \($0)."
      } ?? ""
    let isMove = cause == .hostDown || cause == .failing
    emit(
      isMove ? .warning : .info, isMove ? "moved" : "placed",
      instance: instance, host: host, now: now, "\(message)\(draws) Epoch \(placement.epoch).")
  }

  /// - Parameter misses: the filters that rule hosts out, where that is the reason; else it waits for something else.
  /// - Parameter isTold: whether it is an event.
  mutating func setPending(
    _ instance: InstanceID, _ reason: String?, ruledOutBy misses: Misses = [],
    isTold: Bool = true, now: Now
  ) {
    if reason != nil { waitingServices.insert(instance.service) }
    services[instance.service]?.ruledOut[instance.slot] = misses.isEmpty ? nil : misses
    let before = services[instance.service]?.pending[instance.slot]
    guard before != reason else { return }
    services[instance.service]?.pending[instance.slot] = reason
    outbox.touchedInstances.insert(instance)
    outbox.touchedServices.insert(instance.service)
    if let reason, before == nil, isTold {
      emit(.warning, "pending", instance: instance, now: now, "Has no host: \(reason).")
    }
  }
}
