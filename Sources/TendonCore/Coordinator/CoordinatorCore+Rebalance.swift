// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Moving what runs only to load hosts more alike: when an operator asks for it, and unasked when hosts have joined, left
/// or drifted apart.
extension CoordinatorCore {
  /// The most moves of one plan.
  static var mostMoves: Int { 1000 }

  /// What would be moved now, with the gain.
  package func rebalancePlan() -> RebalanceView { view(of: movePlan(most: Self.mostMoves)) }

  /// Begins to move. Each new copy is ready before the old one stops, and no more than a drain's pace leave a host at once.
  package mutating func rebalance(now: Now) throws(APIError) -> RebalanceView {
    guard !brake.isOn else {
      throw APIError(code: .conflict, message: "nothing is moved while \(brake.reason)")
    }
    let plan = movePlan(most: Self.mostMoves)
    let view = view(of: plan)
    if !plan.moves.isEmpty { begin(plan, now: now) }
    settle(now: now)
    return view
  }

  private mutating func begin(_ plan: RebalancePlan, now: Now) {
    balanceWatch.planned(now: now.monotonic)
    for move in plan.moves {
      rebalancing[move.epoch] = move.to
      if let entry = placements[move.epoch] {
        dirtyServices.insert(entry.placement.instance.service)
      }
    }
    emit(
      "rebalancing", now: now,
      "Moves \(counted(plan.moves.count, "instance")) so that hosts are loaded more alike: the coefficient of "
        + "variation of their loads goes from \(Self.percent(plan.imbalanceBefore)) to "
        + "\(Self.percent(plan.imbalanceAfter)).")
  }

  private static func percent(_ part: Double) -> String { "\(Int((part * 100).rounded())) %" }

  // MARK: Unasked

  /// Makes a plan where hosts are loaded unalike, one after the other.
  mutating func lookAtBalance(now: Now) {
    guard balanceWatch.looks(now: now.monotonic) else { return }
    guard rebalancing.isEmpty else {
      if balanceWatch.isStuck(now: now.monotonic) { giveUpRebalancing(Array(rebalancing.keys)) }
      return
    }
    guard settings.placement.rebalance == .auto, !brake.isOn, !detector.isDoubtful,
      balanceWatch.mayPlan(hostChanges: engine.hostChanges, now: now.monotonic)
    else { return }
    let plan = movePlan(most: settings.placement.rebalanceMoves)
    if plan.moves.isEmpty {
      balanceWatch.foundNothing(now: now.monotonic)
    } else {
      begin(plan, now: now)
    }
  }

  private func movePlan(most: Int) -> RebalancePlan {
    let full = engine.hostsAboveLowest(by: settings.placement.rebalanceStop)
    return engine.rebalance(full.isEmpty ? [] : movable(on: full), most: most)
  }

  private func view(of plan: RebalancePlan) -> RebalanceView {
    RebalanceView(
      moves: plan.moves.compactMap { move in
        placements[move.epoch].map {
          RebalanceView.Move(instance: $0.placement.instance, from: move.from, to: move.to)
        }
      }, imbalanceBefore: plan.imbalanceBefore, imbalanceAfter: plan.imbalanceAfter)
  }

  /// What may be moved: instances of services that are ready, with a single copy, and not bound to their place.
  private func movable(on full: [HostID]) -> [PlacedInstance] {
    full.flatMap { hosts[$0]?.epochs ?? [] }.compactMap { epoch in
      guard let entry = placements[epoch], !entry.isStopping, let instance = entry.placedInstance,
        entry.status?.isReady == true,
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
      return instance
    }
  }

  /// Where the copy that is to leave goes, where it leaves only to balance; nil: wherever is best.
  func rebalanceTarget(of copies: [SlotPlan.Copy]) -> HostID? {
    copies.lazy.filter(\.isLeaving).compactMap { rebalancing[$0.epoch] }.first
  }

  /// They stay where they are: the host that was meant has no room any more, or it takes too long.
  mutating func giveUpRebalancing(_ epochs: [Epoch]) {
    for epoch in epochs where rebalancing.removeValue(forKey: epoch) != nil {
      guard let entry = placements[epoch] else { continue }
      dirtyServices.insert(entry.placement.instance.service)
    }
  }
}
