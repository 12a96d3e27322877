// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What may be stopped on purpose before something else takes its place.
extension CoordinatorCore {
  /// Which of a service's instances serve, and how many of them may not.
  package func disruptionBudget(of name: ServiceName) -> DisruptionBudget? {
    guard let service = services[name], !service.record.isDeleted else { return nil }
    let wanted = Set(service.wantedSlots)
    var available: Set<Int> = []
    var unknown: Set<Int> = []
    for slot in wanted {
      switch standing(of: slot, in: service) {
      case .serves: available.insert(slot)
      case .unknown: unknown.insert(slot)
      case nil: break
      }
    }
    return DisruptionBudget(
      service: name, settings: service.record.spec.budget, wanted: wanted, available: available,
      unknown: unknown)
  }

  private enum SlotStanding {
    case serves
    /// Its copy was there before this coordinator started, which has not heard of it yet.
    case unknown
  }

  /// What a slot is to its service's budget; nil: it is unavailable.
  /// - Parameter stopped: placements that count as if they were stopped already.
  private func standing(
    of slot: Int, in service: ServiceEntry, without stopped: Set<Epoch> = []
  ) -> SlotStanding? {
    var standing: SlotStanding?
    for epoch in service.slots[slot] ?? [] where !stopped.contains(epoch) {
      guard let entry = placements[epoch], !entry.isStopping,
        detector.state(of: entry.placement.host) != .down
      else { continue }
      if serves(entry) { return .serves }
      if entry.isUnheard { standing = .unknown }
    }
    return standing
  }

  /// Why these placements may not be stopped on purpose though nothing has taken their place; nil: they may, as far as
  /// the budgets of their services go. To be asked by whatever moves things, once for all that it is about to stop.
  package func budgetRefusal(ofStopping epochs: Set<Epoch>) -> String? {
    var budgets: [ServiceName: DisruptionBudget] = [:]
    return budgetRefusal(ofStopping: epochs, &budgets)
  }

  /// - Parameter budgets: those that were made out before: what asks after many alternatives does that once.
  func budgetRefusal(
    ofStopping epochs: Set<Epoch>, _ budgets: inout [ServiceName: DisruptionBudget]
  ) -> String? {
    let instances = epochs.compactMap { placements[$0]?.placement.instance }
      .filter { services[$0.service]?.record.$spec.wrappedValue.budget != nil }
    let byService = Dictionary(grouping: instances, by: \.service)
    for (name, own) in byService.sorted(by: { $0.key < $1.key }) {
      guard let service = services[name],
        let budget = budgets[name] ?? disruptionBudget(of: name)
      else { continue }
      budgets[name] = budget
      let lost = Set(own.map(\.slot)).filter {
        (budget.available.contains($0) || budget.unknown.contains($0))
          && standing(of: $0, in: service, without: epochs) == nil
      }
      if let reason = budget.refusal(of: lost) { return reason }
    }
    return nil
  }

  /// Why a copy is not stopped yet that has to be gone before the one in its place can start: for a new version or a
  /// drain. Remembers that it is so.
  mutating func makeWayRefusal(of epoch: Epoch) -> String? {
    guard let entry = placements[epoch] else { return nil }
    let instance = entry.placement.instance
    let underWay = moveUnderWay(besides: entry)
    guard let reason = underWay ?? budgetRefusal(ofStopping: [epoch]) else { return nil }
    services[instance.service]?.heldBack[instance.slot] = underWay == nil ? .budget : .turn
    heldServices.insert(instance.service)
    return reason
  }

  /// Another slot of the service whose old copy was stopped and whose new one does not serve yet: one at a time, whatever
  /// the budget is. What is in a crash loop does not keep hosts from being emptied, but does keep its version from going
  /// further.
  private func moveUnderWay(besides entry: PlacementEntry) -> String? {
    let instance = entry.placement.instance
    guard let service = services[instance.service], !service.record.spec.workload.isFinite,
      let budget = disruptionBudget(of: instance.service)
    else { return nil }
    let isRollOut = !isLeaving(entry) && entry.status?.crashLoop == nil
    for slot in budget.unavailable.sorted() where slot != instance.slot {
      let copies = (service.slots[slot] ?? []).compactMap { placements[$0] }
        .filter { detector.state(of: $0.placement.host) != .down }
      let isBetween = copies.contains { copy in
        if copy.isStopping { return true }
        guard isCurrent(copy, of: service), copy.status?.phase.isFinal != true else { return false }
        return isRollOut || copy.status?.crashLoop == nil
      }
      if isBetween {
        return "\(instance.service).\(slot) is on the way, and one goes after the other"
      }
    }
    return nil
  }

  /// Whether a lower slot is held back, and what holds that holds this one too: it serves.
  func isBehind(_ instance: InstanceID, _ copies: [SlotPlan.Copy]) -> Bool {
    guard let held = services[instance.service]?.heldBack, !held.isEmpty else { return false }
    return held.keys.contains { $0 < instance.slot }
      && copies.contains {
        !$0.isLost && ($0.phase == nil || $0.phase == .running && $0.isReady)
      }
  }

  /// Tells once that a budget holds something back.
  mutating func tellHeldBack(_ instance: InstanceID, before: SlotHold?, now: Now) {
    guard before != .budget, let service = services[instance.service],
      service.heldBack[instance.slot] == .budget, let reason = service.pending[instance.slot]
    else { return }
    emit("held-back", instance: instance, now: now, "Is held back: \(reason).")
  }

  /// What is held back is looked at again now and then: that something has run for a while is no event.
  mutating func lookAtHeldBack(now: Now) {
    guard !heldServices.isEmpty, nextHeldLook.map({ $0 <= now.monotonic }) ?? true else { return }
    nextHeldLook = now.monotonic + .seconds(1)
    for name in heldServices {
      if services[name]?.heldBack.isEmpty ?? true {
        heldServices.remove(name)
      } else {
        dirtyServices.insert(name)
      }
    }
  }

  /// Whether a copy does what it is there for, as far as its agent says. What is in a crash loop does not, though it runs
  /// now and then; what has ended before, or failed on other hosts, does once it has run for a while.
  private func serves(_ entry: PlacementEntry) -> Bool {
    guard let status = entry.status else { return false }
    if status.phase == .ended { return true }
    guard status.isReady, status.crashLoop == nil else { return false }
    let hasFailed =
      status.lastExit != nil || troubles(of: entry.placement.instance)?.failures.isEmpty == false
    guard hasFailed, let runsSince = entry.runsSince, let lastTick else { return true }
    return lastTick - runsSince >= Self.steadyTime
  }

  /// How long what has failed before has to run to be counted on.
  private static var steadyTime: Duration { .seconds(5) }
}
