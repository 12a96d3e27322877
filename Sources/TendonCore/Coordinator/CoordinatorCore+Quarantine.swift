// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Instances that crash the hosts they run on are not placed any more.
extension CoordinatorCore {
  /// How many services may come into question at one loss: where more do, it is likelier that something else is what
  /// takes the hosts down.
  static var mostBlamedServices: Int { 2 }

  /// A host was given up: what was placed there lately may be why.
  mutating func noteHostLoss(_ host: HostID, now: Now) {
    guard settings.disruption.quarantineHosts > 0, isUnexplainedLoss(of: host),
      let bootID = hosts[host]?.session?.incarnation.bootID
    else { return }
    let settings = settings.disruption
    var blamed: [InstanceID] = []
    for epoch in (hosts[host]?.epochs ?? []).sorted() {
      guard let entry = placements[epoch], !entry.isStopping, entry.status?.phase.isFinal != true,
        let service = services[entry.placement.instance.service], !service.record.isDeleted,
        // A daemon's instance is on its host or nowhere.
        service.record.spec.workload.kind != .daemon,
        !isLostWithOthers(host, since: entry.placement.placedAt, now: now)
      else { continue }
      let instance = entry.placement.instance
      let loss = SlotTroubles.HostLoss(
        host: host, epoch: epoch, placedAt: entry.placement.placedAt, at: now.wall, bootID: bootID)
      changeTroubles(of: instance) { $0.hostLost(loss, settings) }
      if let troubles = troubles(of: instance), troubles.quarantinedAt == nil,
        troubles.isToBlame(settings)
      {
        blamed.append(instance)
      }
    }
    quarantine(blamed, lastOf: host, now: now)
  }

  /// Whether nothing but what ran there is known that may have taken the host down: no operator was at work on it, it did
  /// not say goodbye, everything of it is silent, and it was not one of many.
  private func isUnexplainedLoss(of host: HostID) -> Bool {
    guard let record = hosts[host]?.record, record.cordon == nil, record.confirmedDownAt == nil
    else { return false }
    return detector.diedSilently(host) && !brake.held.contains(host)
  }

  /// Whether another host has gone quiet since the instance was placed here: one cause took both, and the instance was not
  /// there.
  private func isLostWithOthers(_ host: HostID, since: Timestamp, now: Now) -> Bool {
    let age = (now.wall - since).duration
    return detector.quietHosts.contains { other in
      guard other != host, let quietSince = detector.quietSince(other) else { return false }
      return now.monotonic - quietSince <= age
    }
  }

  private mutating func quarantine(_ blamed: [InstanceID], lastOf host: HostID, now: Now) {
    let names = Set(blamed.map(\.service))
    guard names.count <= Self.mostBlamedServices else {
      let list = names.sorted().prefix(5).map(\.description).joined(separator: ", ")
      emit(
        .warning, "quarantine-unclear", host: host, now: now,
        "Instances of \(names.count) services (\(list)) were each on "
          + "\(settings.disruption.quarantineHosts) hosts that went down. That is too many to blame one: "
          + "none is quarantined.")
      return
    }
    for instance in blamed {
      changeTroubles(of: instance) { $0.quarantinedAt = now.wall }
      emit(
        .error, "quarantined", instance: instance, host: host, now: now,
        "Is not placed any more: \(troubles(of: instance)?.lossWords(settings.disruption) ?? ""). "
          + "It is placed again after tendon release \(instance), or when a changed spec is applied."
      )
    }
  }

  /// Why an instance is not placed; nil: it may be.
  func quarantineRefusal(of instance: InstanceID) -> String? {
    guard let troubles = troubles(of: instance), troubles.quarantinedAt != nil else { return nil }
    return "is quarantined: \(troubles.lossWords(settings.disruption)). It is placed again after "
      + "tendon release \(instance), or when a changed spec is applied"
  }

  /// A host is heard again: whether it was crashed, or only out of reach, can be told now.
  mutating func acquit(after host: HostID, now: Now) {
    guard !troubledServices.isEmpty, let bootID = hosts[host]?.session?.incarnation.bootID else {
      return
    }
    for name in troubledServices.sorted() {
      for slot in (services[name]?.record.troubles ?? [:]).keys.sorted() {
        let instance = InstanceID(service: name, slot: slot)
        changeTroubles(of: instance) { $0.hostHeard(host, bootID: bootID) }
        guard let troubles = troubles(of: instance), troubles.quarantinedAt != nil,
          !troubles.isToBlame(settings.disruption)
        else { continue }
        changeTroubles(of: instance) { $0.quarantinedAt = nil }
        emit(
          "released", instance: instance, host: host, now: now,
          "Is placed again: \(host) was only out of reach, and not crashed.")
      }
    }
  }

  /// What runs well is not to blame for what was.
  mutating func lookAtTroubles(now: Now) {
    guard !troubledServices.isEmpty, nextTroubleLook.map({ $0 <= now.monotonic }) ?? true else {
      return
    }
    nextTroubleLook = now.monotonic + .seconds(1)
    for name in troubledServices.sorted() {
      guard let service = services[name], let all = service.record.troubles else {
        troubledServices.remove(name)
        continue
      }
      for (slot, troubles) in all where !troubles.failures.isEmpty {
        forgetOldFailures(of: InstanceID(service: name, slot: slot), now: now)
      }
      for (slot, troubles) in all where troubles.quarantinedAt == nil && !troubles.losses.isEmpty {
        let runsWell = (service.slots[slot] ?? []).contains { epoch in
          guard let entry = placements[epoch], !entry.isStopping, entry.status?.phase == .running
          else { return false }
          return detector.state(of: entry.placement.host) == .ready
            && (now.wall - entry.placement.placedAt).duration > settings.disruption.quarantineWindow
        }
        if runsWell { changeTroubles(of: InstanceID(service: name, slot: slot)) { $0.ranWell() } }
      }
    }
  }

  /// Forgets what speaks against instances of a service, or one of them.
  package mutating func release(
    _ name: ServiceName, slot: Int? = nil, now: Now
  ) throws(APIError) -> String {
    guard let service = services[name], !service.record.isDeleted else { throw noService(name) }
    let subject = slot.map { "\(name).\($0)" } ?? name.description
    if let slot, !service.wants(slot) {
      throw APIError(
        code: .notFound,
        message:
          "\(name) has \(counted(service.wantedSlots.count, "instance")): there is no slot \(slot)")
    }
    let slots = slot.map { [$0] } ?? (service.record.troubles ?? [:]).keys.sorted()
    let released = slots.filter { service.record.troubles?[$0] != nil }
    guard !released.isEmpty else { return "nothing is held against \(subject)" }
    for slot in released {
      let instance = InstanceID(service: name, slot: slot)
      let wasQuarantined = troubles(of: instance)?.quarantinedAt != nil
      changeTroubles(of: instance) { $0 = SlotTroubles() }
      emit(
        "released", instance: instance, now: now,
        wasQuarantined
          ? "An operator released it: it is placed again."
          : "An operator said that nothing is to be held against it.")
    }
    settle(now: now)
    return "\(subject) is placed as if nothing had been"
  }

  // MARK: The records

  func troubles(of instance: InstanceID) -> SlotTroubles? {
    services[instance.service]?.record.troubles?[instance.slot]
  }

  /// Changes what is held against an instance, in the table and in the next commit.
  mutating func changeTroubles(of instance: InstanceID, _ change: (inout SlotTroubles) -> Void) {
    let name = instance.service
    guard let record = services[name]?.record else { return }
    let before = record.troubles?[instance.slot] ?? SlotTroubles()
    var after = before
    change(&after)
    guard after != before else { return }
    var all = record.troubles ?? [:]
    all[instance.slot] = after.isEmpty ? nil : after
    services[name]!.record.troubles = all.isEmpty ? nil : all
    if all.isEmpty { troubledServices.remove(name) } else { troubledServices.insert(name) }
    outbox.changedRuns.insert(name)
    outbox.touchedInstances.insert(instance)
    lookAtSlot(of: instance)
  }

  /// What is held against an instance, for people.
  func troubleEvidence(_ instance: InstanceID) -> [String] {
    (troubles(of: instance)?.losses ?? []).map { loss in
      "\(loss.host) went down at \(loss.at), \((loss.at - loss.placedAt).forPeople) after it was placed there"
    } + crashEvidence(instance)
  }
}
