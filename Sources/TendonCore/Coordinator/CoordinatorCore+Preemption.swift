// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Room for what is more important, made by stopping what is less.
extension CoordinatorCore {
  /// Makes room for an instance that fits nowhere: stops the fewest instances of lower priority, with their grace, on one
  /// host. What is about to leave anyway is waited for first.
  /// - Returns: what it waits for; nil where stopping others makes no room.
  mutating func preempt(for instance: InstanceID, now: Now) -> String? {
    let demand = demand(of: instance)
    guard services.values.contains(where: { isLess($0, than: demand.priority) }) else { return nil }
    let context = context(for: instance, now: now)
    var trial = engine
    var leaving: [HostID: [InstanceID]] = [:]
    for entry in stopping.compactMap({ placements[$0] }) {
      guard let handle = entry.reserved else { continue }
      trial.remove(handle, from: entry.placement.host, drawing: entry.placement.draw)
      leaving[entry.placement.host, default: []].append(entry.placement.instance)
    }
    do throws(PlacementRefusal) {
      let host = try trial.choose(for: demand, context: context)
      return waiting(for: leaving[host] ?? [], on: host)
    } catch {
      guard let plan = preemption(for: demand, context, on: &trial) else { return nil }
      for victim in plan.victims { stop(victim, for: instance, demand.priority, now: now) }
      let victims = plan.victims.compactMap { placements[$0.epoch]?.placement.instance }
      return waiting(for: (leaving[plan.host] ?? []) + victims, on: plan.host)
    }
  }

  private func isLess(_ service: ServiceEntry, than priority: Priority) -> Bool {
    !service.record.isDeleted && service.record.spec.priority < priority
      // Daemons have their place on every host.
      && service.record.spec.workload.kind != .daemon
  }

  /// The plan, with budgets that hold for all victims together, too.
  private func preemption(
    for demand: PlacementDemand, _ context: PlacementContext, on trial: inout PlacementEngine
  ) -> PreemptionPlan? {
    let less = Set(
      services.filter { isLess($0.value, than: demand.priority) }.map(\.key))
    var hosts = engine.hostIDs.filter { detector.state(of: $0) == .ready }
    var budgets: [ServiceName: DisruptionBudget] = [:]
    func candidates(_ host: HostID) -> [PreemptionCandidate] {
      (self.hosts[host]?.epochs ?? []).sorted().compactMap { epoch in
        guard let entry = placements[epoch], !entry.isStopping,
          less.contains(entry.placement.instance.service), let instance = entry.placedInstance
        else { return nil }
        return PreemptionCandidate(
          instance, placedAt: entry.placement.placedAt,
          isAllowed: budgetRefusal(ofStopping: [epoch], &budgets) == nil)
      }
    }
    while let plan = trial.preemption(for: demand, on: hosts, context: context, among: candidates) {
      let epochs = Set(plan.victims.map(\.epoch))
      if demand.priority.overridesBudgets || budgetRefusal(ofStopping: epochs, &budgets) == nil {
        return plan
      }
      // Each alone may go, but not all of them.
      hosts.removeAll { $0 == plan.host }
    }
    return nil
  }

  private mutating func stop(
    _ victim: PreemptionCandidate, for instance: InstanceID, _ priority: Priority, now: Now
  ) {
    guard let placement = placements[victim.epoch]?.placement else { return }
    let reason =
      "it makes room for \(instance), whose priority is \(priority) (its own is \(victim.demand.priority))"
    stop(victim.epoch, because: reason)
    lookAtSlot(of: placement.instance)
    emit(
      .warning, "preempted", instance: placement.instance, host: placement.host, now: now,
      "Is stopped on \(placement.host): \(reason).")
  }

  private func waiting(for leaving: [InstanceID], on host: HostID) -> String? {
    guard !leaving.isEmpty else { return nil }
    let names = leaving.sorted().prefix(8).map(\.description).joined(separator: ", ")
    return "waits for \(names) to make room for it on \(host)"
  }
}
