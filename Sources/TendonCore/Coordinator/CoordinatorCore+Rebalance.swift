// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Moving what runs only to load hosts more alike, when an operator asks for it.
extension CoordinatorCore {
  /// The most moves of one plan.
  static var mostMoves: Int { 1000 }

  /// What would be moved now, with the gain.
  package func rebalancePlan() -> RebalanceView { view(of: movePlan) }

  /// Begins to move. Each new copy is ready before the old one stops, and no more than a drain's pace leave a host at once.
  package mutating func rebalance(now: Now) throws(APIError) -> RebalanceView {
    guard !brake.isOn else {
      throw APIError(code: .conflict, message: "nothing is moved while \(brake.reason)")
    }
    let plan = movePlan
    let view = view(of: plan)
    guard !plan.moves.isEmpty else { return view }
    for move in plan.moves {
      rebalancing[move.epoch] = move.to
      if let entry = placements[move.epoch] {
        dirtyServices.insert(entry.placement.instance.service)
      }
    }
    emit(
      "rebalancing", now: now,
      "Moves \(counted(plan.moves.count, "instance")) so that hosts are loaded more alike.")
    settle(now: now)
    return view
  }

  private var movePlan: RebalancePlan { engine.rebalance(movable, most: Self.mostMoves) }

  private func view(of plan: RebalancePlan) -> RebalanceView {
    RebalanceView(
      moves: plan.moves.compactMap { move in
        placements[move.epoch].map {
          RebalanceView.Move(instance: $0.placement.instance, from: move.from, to: move.to)
        }
      }, imbalanceBefore: plan.imbalanceBefore, imbalanceAfter: plan.imbalanceAfter)
  }

  /// What may be moved: instances of services that are ready, with a single copy, and not bound to their place.
  private var movable: [MovableInstance] {
    placements.values.compactMap { entry in
      guard !entry.isStopping, let handle = entry.reserved, entry.status?.isReady == true,
        entry.placement.reservation == nil, rebalancing[entry.placement.epoch] == nil,
        detector.state(of: entry.placement.host) == .ready,
        let service = services[entry.placement.instance.service], !service.record.isDeleted,
        service.slots[entry.placement.instance.slot]?.count == 1,
        isCurrent(entry, of: service)
      else { return nil }
      let spec = service.record.spec
      guard spec.workload.kind == .service, !spec.fence, spec.placement.rebalances else {
        return nil
      }
      return MovableInstance(
        epoch: entry.placement.epoch, demand: handle.demand, host: entry.placement.host)
    }
  }

  /// Where the copy that is to leave goes, where it leaves only to balance; nil: wherever is best.
  func rebalanceTarget(of copies: [SlotPlan.Copy]) -> HostID? {
    copies.lazy.filter(\.isLeaving).compactMap { rebalancing[$0.epoch] }.first
  }

  /// The host that was meant has no room any more: it stays where it is.
  mutating func giveUpRebalancing(_ copies: [SlotPlan.Copy]) {
    for copy in copies { rebalancing[copy.epoch] = nil }
  }
}
