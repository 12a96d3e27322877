// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Keeping new instances off a host, and moving those that it has elsewhere.
extension CoordinatorCore {
  /// The host takes no new instances from here on; what it runs stays.
  package mutating func cordon(
    _ host: HostID, _ request: CordonRequest, now: Now
  ) throws(APIError) -> String {
    let entry = try known(host)
    if entry.record.cordon?.drain != nil {
      throw APIError(
        code: .conflict,
        message: "\(host) is \(entry.record.cordon!.description) already, and takes nothing new; "
          + "tendon host uncordon \(host) ends that")
    }
    setCordon(Cordon(at: now.wall, reason: request.reason), of: host)
    emit(
      "host-cordoned", host: host, now: now,
      "Takes no new instances\(request.reason.map { ": \($0)" } ?? "").")
    settle(now: now)
    return
      "\(host) takes no new instances; the \(counted(entry.epochs.count, "instance")) on it stay"
  }

  /// The host takes new instances again. A drain ends where it is.
  package mutating func uncordon(_ host: HostID, now: Now) throws(APIError) -> String {
    let entry = try known(host)
    let wasHeld = endHold(of: host)
    guard let cordon = entry.record.cordon else {
      guard wasHeld else { return "\(host) was not cordoned" }
      emit(
        "host-hold-over", host: host, now: now, "An operator ended it: takes new instances again.")
      retryPending()
      settle(now: now)
      return "\(host) takes new instances again, and is not held back for having been down any more"
    }
    setCordon(nil, of: host)
    draining.remove(host)
    let isCut = cordon.drain.map { !$0.isDone } ?? false
    emit(
      "host-uncordoned", host: host, now: now,
      "Takes new instances again\(isCut ? "; its drain was cut short" : "").")
    lookAtServices(on: host)
    retryPending()
    settle(now: now)
    return "\(host) takes new instances again"
  }

  /// Moves everything off the host that can run elsewhere: for each instance of a service a new copy is ready before the
  /// old one stops. Jobs run to their end, and daemons stay.
  package mutating func drain(
    _ host: HostID, _ request: DrainRequest, now: Now
  ) throws(APIError) -> String {
    let entry = try known(host)
    let pace = request.pace ?? Drain.standardPace
    guard Drain.paces.contains(pace) else {
      throw APIError(
        code: .badRequest,
        message: "pace must be \(Drain.paces.lowerBound) to \(Drain.paces.upperBound)")
    }
    if let deadline = request.deadline, deadline.milliseconds <= 0 {
      throw APIError(code: .badRequest, message: "deadline must be longer than nothing")
    }
    let drain = Drain(pace: pace, deadline: request.deadline.map { now.wall + $0 })
    setCordon(
      Cordon(at: now.wall, reason: request.reason ?? entry.record.cordon?.reason, drain: drain),
      of: host)
    draining.insert(host)
    changedDrains.insert(host)
    emit(
      "host-draining", host: host, now: now,
      "Is being drained\(request.reason.map { ": \($0)" } ?? "").")
    lookAtServices(on: host)
    settle(now: now)
    lookAtDrains(now: now)
    let left = progress(of: host)?.left ?? 0
    return left == 0
      ? "\(host) is drained: nothing ran on it that can leave"
      : "\(host) is being drained of \(counted(left, "instance")); tendon why \(host) shows how far it is"
  }

  private mutating func setCordon(_ cordon: Cordon?, of host: HostID) {
    hosts[host]!.record.cordon = cordon
    let reason = hosts[host]!.closedBecause(settings.disruption)
    changeLoad(of: host) { $0.closedBecause = reason }
    outbox.changes.append(.putHost(hosts[host]!.record))
    outbox.touchedHosts.insert(host)
    reservationsMayDiffer = true
  }

  // MARK: How it goes on

  /// Whether a placement has to leave its host, and can be replaced before it does.
  func isLeaving(_ entry: PlacementEntry) -> Bool {
    let host = hosts[entry.placement.host]?.record
    let taints = (host?.taints ?? []).filter { $0.effect == .evict }
    let isDrained = host?.cordon?.drain != nil
    guard isDrained || !taints.isEmpty || rebalancing[entry.placement.epoch] != nil,
      let spec = services[entry.placement.instance.service]?.record.$spec.wrappedValue,
      spec.workload.kind == .service
    else { return false }
    return isDrained || rebalancing[entry.placement.epoch] != nil
      || !taints.allSatisfy(spec.placement.tolerates)
  }

  /// Whether one more instance may be on its way off its host.
  func mayLeave(_ copies: [SlotPlan.Copy]) -> Bool {
    for copy in copies where copy.isLeaving && !copy.isLost {
      guard let host = placements[copy.epoch]?.placement.host else { continue }
      let pace = hosts[host]?.record.cordon?.drain?.pace ?? Drain.standardPace
      if movesUnderWay(from: host) >= pace { return false }
    }
    return true
  }

  private func movesUnderWay(from host: HostID) -> Int {
    (hosts[host]?.epochs ?? []).count { epoch in
      guard let entry = placements[epoch], isLeaving(entry) else { return false }
      return entry.isStopping || isReplaced(entry)
    }
  }

  /// Whether a newer copy of it is placed.
  private func isReplaced(_ entry: PlacementEntry) -> Bool {
    let placement = entry.placement
    return (services[placement.instance.service]?.slots[placement.instance.slot] ?? [])
      .contains { $0 > placement.epoch && placements[$0]?.isStopping == false }
  }

  /// A placement is gone from the host: the next one may leave.
  mutating func hasLeft(_ host: HostID) {
    let evicts = hosts[host]?.record.taints?.contains { $0.effect == .evict } ?? false
    guard draining.contains(host) || evicts || !rebalancing.isEmpty else { return }
    if draining.contains(host) { changedDrains.insert(host) }
    lookAtServices(on: host)
  }

  /// How often all drains are looked at, whatever was heard of them.
  private static var drainInterval: Duration { .seconds(1) }

  /// Ends what is done, and stops what is left past its deadline. A host of which nothing was heard since the last look
  /// is left out, unless its deadline passes just now, until the next look at all.
  mutating func lookAtDrains(now: Now) {
    guard !draining.isEmpty else { return }
    let all = nextDrainLook.map { $0 <= now.monotonic } ?? true
    let due = draining.filter { host in
      all || changedDrains.contains(host)
        || hosts[host]?.record.cordon?.drain?.deadline
          .map { $0 <= now.wall && $0 > lastWall ?? now.wall } ?? false
    }
    changedDrains = []
    for host in due.sorted() { lookAtDrain(of: host, now: now) }
    // What found no room is tried again now and then, whatever it was that made some.
    guard all else { return }
    nextDrainLook = now.monotonic + Self.drainInterval
    for host in draining { lookAtServices(on: host) }
  }

  private mutating func lookAtDrain(of host: HostID, now: Now) {
    guard let drain = hosts[host]?.record.cordon?.drain, let progress = progress(of: host) else {
      draining.remove(host)
      return
    }
    if progress.left == 0 {
      draining.remove(host)
      var cordon = hosts[host]!.record.cordon!
      cordon.drain!.isDone = true
      setCordon(cordon, of: host)
      emit("host-drained", host: host, now: now, "Is drained: nothing is left that can leave.")
    } else if let deadline = drain.deadline, deadline <= now.wall {
      stopWhatIsLeft(on: host, now: now)
    }
  }

  /// The operator's last word: it goes over the budgets of services.
  private mutating func stopWhatIsLeft(on host: HostID, now: Now) {
    for epoch in hosts[host]!.epochs.sorted() {
      guard let entry = placements[epoch], isLeaving(entry), !entry.isStopping else { continue }
      let overBudget = budgetRefusal(ofStopping: [epoch])
      stop(epoch, because: "the drain of \(host) is past its deadline")
      if let overBudget {
        emit(
          .warning, "budget-exceeded", instance: entry.placement.instance, host: host, now: now,
          "Is stopped, since the drain of \(host) is past its deadline, though \(overBudget).")
      }
      dirtyServices.insert(entry.placement.instance.service)
    }
  }

  /// How far the drain of a host is; nil where there is none.
  func progress(of host: HostID) -> DrainProgress? {
    guard let entry = hosts[host], entry.record.cordon?.drain != nil else { return nil }
    var progress = DrainProgress(left: 0, moving: 0, blocked: [])
    for epoch in entry.epochs.sorted() {
      guard let placement = placements[epoch],
        let service = services[placement.placement.instance.service]
      else { continue }
      let instance = placement.placement.instance
      if isLeaving(placement) {
        progress.left += 1
        if placement.isStopping || isReplaced(placement) {
          progress.moving += 1
        } else if let reason = service.pending[instance.slot] {
          progress.blocked.append("\(instance): \(reason)")
        }
      } else if service.record.spec.workload.isFinite, placement.status?.phase.isFinal != true {
        progress.left += 1
        progress.blocked.append("\(instance): it is a job, which runs to its end")
      }
    }
    return progress
  }
}
