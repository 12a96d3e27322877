// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What agents say.
extension CoordinatorCore {
  /// An agent introduced itself and holds `sessionID` from now on; its former session is over.
  package mutating func sessionOpened(
    _ host: HostID, _ request: SessionRequest, sessionID: UInt32, now: Now
  ) throws(APIError) {
    try refuseSecondMachine(host, request, now: now)
    let isRebooted =
      hosts[host]?.session.map { !$0.incarnation.isSameBoot(as: request.incarnation) } ?? false
    var record = hosts[host]?.record ?? HostRecord(id: host, facts: request.facts)
    record.facts = request.facts
    if var entry = hosts[host] {
      if let old = entry.session { outbox.endedSessions.append(old.id) }
      if isRebooted {
        emit(.warning, "host-rebooted", host: host, now: now, "Rebooted: its boot id is new.")
      }
      if entry.record != record {
        entry.record = record
        changeLoad(of: host) { $0.takeFacts(of: record) }
        outbox.changes.append(.putHost(record))
      }
      entry.session = HostSession(id: sessionID, incarnation: request.incarnation)
      entry.openStream = nil
      hosts[host] = entry
    } else {
      var entry = HostEntry(record: record, desiredRevision: revision)
      entry.session = HostSession(id: sessionID, incarnation: request.incarnation)
      hosts[host] = entry
      engine.put(PlacementHost(record, state: .ready))
      outbox.changes.append(.putHost(record))
      emit(
        "host-joined", host: host, now: now,
        "Joined with \(record.facts.capacity.cpu) CPU and "
          + "\(record.facts.capacity.memory.rounded) memory.")
    }
    // Too fast to be missed, and as bad for what ran there.
    if isRebooted, detector.state(of: host) != .down { noteFlap(host, now: now) }
    noteReturn(of: host, now: now)
    outbox.openedHosts.insert(host)
    outbox.touchedHosts.insert(host)
    detected(
      detector.sessionOpened(
        host, rebooted: isRebooted, answersProbes: request.answersProbes, now: now.monotonic),
      now: now)
    retryPending()
    labelsMayDiffer()
    settle(now: now)
  }

  /// The agent opened its stream; the answer is its first line.
  package mutating func streamOpened(
    _ host: HostID, sessionID: UInt32, now: Now
  ) throws(APIError) -> AgentStreamLine {
    try requireSession(host, sessionID)
    hosts[host]!.openStream = sessionID
    detector.streamOpened(host)
    outbox.touchedHosts.insert(host)
    heard(host, now: now)
    settle(now: now)
    let wanted = hosts[host]!.epochs.sorted().compactMap { epoch in
      placements[epoch].flatMap { $0.isStopping ? nil : $0.placement }
    }
    return .snapshot(revision: revision, placements: wanted)
  }

  /// The agent's end of the stream was closed, which takes a living kernel there.
  package mutating func streamClosed(_ host: HostID, sessionID: UInt32, now: Now) {
    guard hosts[host]?.openStream == sessionID else { return }
    hosts[host]!.openStream = nil
    detector.streamClosed(host, now: now.monotonic)
    outbox.touchedHosts.insert(host)
  }

  /// A genuine datagram of the session came.
  package mutating func heartbeatReceived(
    _ host: HostID, sessionID: UInt32, _ heartbeat: Heartbeat, now: Now
  ) {
    guard hosts[host]?.session?.id == sessionID else { return }
    // An overtaken one only tells that it is not lost.
    if detector.isNews(host, sequence: heartbeat.sequence) { take(heartbeat, from: host) }
    detected(
      detector.heartbeatHeard(
        host, sequence: heartbeat.sequence, sentAt: heartbeat.sentAt,
        roundTrip: heartbeat.roundTrip, now: now.monotonic), now: now)
    settle(now: now)
  }

  private mutating func take(_ heartbeat: Heartbeat, from host: HostID) {
    hosts[host]!.usage = heartbeat.usage
    hosts[host]!.appliedRevision = heartbeat.appliedRevision
    hosts[host]!.roundTripMicroseconds =
      heartbeat.roundTripMicroseconds == 0 ? nil : heartbeat.roundTripMicroseconds
    for health in heartbeat.instances {
      guard placements[health.epoch]?.placement.host == host else { continue }
      placements[health.epoch]!.health = health
    }
  }

  /// Observed state that must not be lost. A repeated report changes nothing.
  package mutating func reportReceived(
    _ host: HostID, _ report: AgentReport, now: Now
  ) throws(APIError) {
    try requireSession(host, report.sessionID)
    heard(host, now: now)
    guard report.sequence > hosts[host]!.session!.reportSequence else { return }
    hosts[host]!.session!.reportSequence = report.sequence
    hosts[host]!.appliedRevision = report.appliedRevision
    conditionsTold(report.conditions, by: host, now: now)
    for status in report.statuses { take(status, from: host, now: now) }
    for epoch in report.removed where placements[epoch]?.placement.host == host {
      gone(epoch, now: now)
    }
    if report.isComplete {
      let told = Set(report.statuses.map(\.epoch))
      for epoch in hosts[host]!.epochs.sorted()
      where !told.contains(epoch) && placements[epoch]!.isStopping { gone(epoch, now: now) }
    }
    settle(now: now)
  }

  /// Time passed.
  package mutating func tick(now: Now) {
    lastTick = now.monotonic
    lookAtHosts(now: now)
    lookAtReservations(now: now)
    endBackoffs(now: now)
    if pace.mayRetry(now: now.monotonic) { retryPending() }
    lookAtDrains(now: now)
    lookAtBalance(now: now)
    lookAtHeldBack(now: now)
    lookAtTroubles(now: now)
    lookAtHolds(now: now)
    lookAtFences(now: now)
    lookAtWork(now: now)
    settle(now: now)
  }

  private mutating func endBackoffs(now: Now) {
    guard let end = nextBackoffEnd, end <= now.monotonic else { return }
    nextBackoffEnd = nil
    for (name, service) in services {
      for (slot, backoff) in service.backoff where !backoff.isOver {
        if backoff.notBefore <= now.monotonic {
          services[name]!.backoff[slot]!.isOver = true
          dirtyServices.insert(name)
        } else {
          nextBackoffEnd = min(backoff.notBefore, nextBackoffEnd ?? backoff.notBefore)
        }
      }
    }
  }

  private mutating func heard(_ host: HostID, now: Now) {
    detected(detector.hostHeard(host, now: now.monotonic), now: now)
  }

  mutating func moved(_ transition: FailureDetector.Transition, now: Now) {
    let host = transition.host
    changeLoad(of: host) { $0.state = transition.to }
    outbox.touchedHosts.insert(host)
    for epoch in hosts[host]?.epochs ?? [] {
      outbox.touchedInstances.insert(placements[epoch]!.placement.instance)
    }
    let severity: ClusterEvent.Severity = transition.to == .down ? .error : .info
    let count = (hosts[host]?.epochs ?? []).count { placements[$0]?.isStopping == false }
    var message =
      transition.from == transition.to
      ? "Still \(transition.to.rawValue): "
      : "Went from \(transition.from.rawValue) to \(transition.to.rawValue): "
    message += transition.cause + "."
    noteForBrake(transition)
    if transition.to == .ready {
      confirmationIsOver(host, now: now)
      acquit(after: host, now: now)
      noteReturn(of: host, now: now)
    }
    if transition.to == .down, count > 0, !brake.isOn {
      message += " Placing \(counted(count, "instance")) elsewhere."
    }
    emit(severity, "host-\(transition.to.rawValue)", host: host, now: now, message)
    if transition.to == .down {
      noteHostLoss(host, now: now)
      noteFlap(host, now: now)
    }
    guard transition.to != .suspect else {
      leaseLooks.insert(host)
      return
    }
    // Down: its instances need other hosts. Back: copies may be surplus, and there is room again.
    lookAtSlots(on: host)
    retryPending()
  }

  private mutating func gone(_ epoch: Epoch, now: Now) {
    guard let entry = placements[epoch] else { return }
    let why = entry.record.stopReason ?? "its host no longer has it"
    emit(
      "stopped", instance: entry.placement.instance, host: entry.placement.host, now: now,
      "Stopped on \(entry.placement.host) (epoch \(epoch)): \(why).")
    forget(epoch)
  }

  private func requireSession(_ host: HostID, _ sessionID: UInt32) throws(APIError) {
    guard hosts[host]?.session?.id == sessionID else {
      throw APIError(
        code: .conflict,
        message: "\(host) has no session \(sessionID): open a new one")
    }
  }

  private func refuseSecondMachine(
    _ host: HostID, _ request: SessionRequest, now: Now
  ) throws(APIError) {
    guard let session = hosts[host]?.session, detector.state(of: host) == .ready,
      hosts[host]?.openStream != nil, !session.incarnation.isSameBoot(as: request.incarnation),
      let silence = detector.silence(of: host, now: now.monotonic),
      silence < settings.detection.suspectAfter
    else { return }
    throw APIError(
      code: .conflict,
      message: "another machine named \(host) is connected and alive; "
        + "give this one another --host-name")
  }
}
