// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What a command would do, found out by doing it to a copy: so a plan is right by construction.
extension CoordinatorCore {
  /// So many steps are followed; a plan that is longer says so.
  static var longestPlan: Int { 20_000 }

  /// What `apply` would do, up to where nothing follows any more, if every copy that it places became ready and every one
  /// that it stops ended.
  /// - Throws: what `apply` would throw.
  package func plan(_ specs: [ServiceSpec], now: Now) throws(APIError) -> PlanView {
    var trial = self
    let answers = try trial.apply(specs, now: now)
    var steps = trial.takeSteps(since: self)
    let waitedBefore = Set(waitingInstances.map(\.instance))
    while steps.count < Self.longestPlan, trial.followUp(now: now) {
      steps += trial.takeSteps(since: self)
    }
    let named = Set(specs.map(\.name))
    let waiting = trial.waitingInstances.filter {
      named.contains($0.instance.service) || !waitedBefore.contains($0.instance)
    }
    return PlanView(
      services: answers, steps: Array(steps.prefix(Self.longestPlan)), waiting: waiting,
      isCut: steps.count >= Self.longestPlan)
  }

  private var waitingInstances: [PlanView.Waiting] {
    services.keys.sorted().flatMap { name in
      services[name]!.pending.sorted { $0.key < $1.key }.map {
        PlanView.Waiting(instance: InstanceID(service: name, slot: $0.key), reason: $0.value)
      }
    }
  }

  /// What the events since the last call did to placements.
  private mutating func takeSteps(since start: CoordinatorCore) -> [PlanView.Step] {
    var steps: [PlanView.Step] = []
    var placed: Set<Epoch> = []
    var resized: Set<Epoch> = []
    for case .putPlacement(let record) in outbox.changes {
      let placement = record.placement
      func add(_ kind: PlanView.Step.Kind, _ message: String) {
        steps.append(
          PlanView.Step(
            kind: kind, instance: placement.instance, host: placement.host, message: message))
      }
      if let reason = record.stopReason {
        add(.stop, reason)
      } else if placement.epoch >= start.nextEpoch {
        if placed.insert(placement.epoch).inserted { add(.place, "") }
      } else if let before = start.placements[placement.epoch]?.placement,
        before.resources != placement.resources, resized.insert(placement.epoch).inserted
      {
        add(.resize, "")
      }
    }
    outbox = Outbox()
    revision = upcomingRevision
    return steps
  }

  /// Lets everything that was placed run and be ready, and everything that was stopped be gone. False when nothing was
  /// left to happen.
  private mutating func followUp(now: Now) -> Bool {
    var hasHappened = false
    for epoch in placements.values.map(\.placement.epoch).sorted() {
      guard let entry = placements[epoch], detector.state(of: entry.placement.host) != .down else {
        continue
      }
      if entry.isStopping {
        forget(epoch)
        hasHappened = true
      } else if entry.status == nil {
        let placement = entry.placement
        placements[epoch]!.status = PlacementStatus(
          epoch: epoch, instance: placement.instance, phase: .running, startedAt: now.wall,
          resourcesRevision: placement.resourcesRevision)
        dirtyServices.insert(placement.instance.service)
        hasHappened = true
      }
    }
    if hasHappened { settle(now: now) }
    return hasHappened && !outbox.changes.isEmpty
  }
}
