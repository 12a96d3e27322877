// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// When instances are not moved off hosts that are down.
extension CoordinatorCore {
  /// Why an instance stays where it was, though its host is down; nil: it may be placed elsewhere, and that counts.
  mutating func moveRefusal(of instance: InstanceID, now: Now) -> String? {
    let epochs = services[instance.service]?.slots[instance.slot] ?? []
    let lost = epochs.compactMap { placements[$0] }.filter { !$0.isStopping }
      .map(\.placement.host)
    // What ran on a host that an operator gave up has nothing to wait for.
    let isConfirmed = lost.contains { hosts[$0]?.record.confirmedDownAt != nil }
    if brake.isOn, !isConfirmed { return brake.reason }
    guard pace.take(now: now.monotonic) else {
      return
        "many instances were moved off hosts that are down just now; "
        + "\(counted(settings.disruption.movesPerMinute, "more instance")) a minute are"
    }
    return nil
  }

  /// A host changed its state.
  mutating func noteForBrake(_ transition: FailureDetector.Transition) {
    let host = transition.host
    switch transition.to {
    case .ready: unheardHosts.remove(host)
    case .suspect: break
    case .down:
      // After a restart of the coordinator: what it never heard is quiet only if it was there before, and holds something.
      let holds = hosts[host]?.epochs.contains { placements[$0]?.isStopping == false } ?? false
      if !detector.wasHeard(host), holds { unheardHosts.insert(host) }
    }
  }

  mutating func lookAtBrake(now: Now) {
    let quiet = detector.quietHosts.union(unheardHosts)
    guard brake.isOn || quiet.count >= settings.detection.massQuiet else { return }
    let heard = hosts.filter { detector.state(of: $0.key) == .ready }
    let confirmed = hosts.filter { $0.value.record.confirmedDownAt != nil }
    let before = brake
    let change = brake.look(
      quiet: quiet, heard: Set(heard.keys), confirmed: Set(confirmed.keys), settings.detection,
      now: now.monotonic)
    if brake.held != before.held {
      outbox.touchedHosts.formUnion(brake.held.symmetricDifference(before.held))
      retryPending()
    }
    switch change {
    case .on:
      let names = brake.held.sorted().map(\.description).joined(separator: ", ")
      emit(
        .error, "brake-on", now: now,
        "The brake is on: \(brake.held.count) of \(counted(brake.all, "host")) went quiet at once (\(names)). "
          + "Nothing is moved off them until they are heard again, or until tendon host confirm-down HOST... says that "
          + "they are dead.")
    case .off:
      emit(
        .warning, "brake-off", now: now,
        "The brake is off: too few hosts are quiet, and not confirmed down, to doubt it any longer."
      )
    case nil: break
    }
  }

  /// An operator says that a host is dead for certain: its power is off, or nobody reaches it any more. Its instances are
  /// placed elsewhere at once, whatever the brake says.
  package mutating func confirmDown(_ host: HostID, now: Now) throws(APIError) -> String {
    let entry = try known(host)
    guard detector.state(of: host) != .ready else {
      throw APIError(
        code: .conflict,
        message: "\(host) is not down: it was heard "
          + "\(detector.silence(of: host, now: now.monotonic)?.wholeMilliseconds ?? 0) ms ago. "
          + "To empty a host that lives: tendon host drain \(host)")
    }
    if entry.record.confirmedDownAt == nil {
      hosts[host]!.record.confirmedDownAt = now.wall
      outbox.changes.append(.putHost(hosts[host]!.record))
      outbox.touchedHosts.insert(host)
      emit(
        .warning, "confirmed-down", host: host, now: now, "An operator confirmed that it is down.")
    }
    if let transition = detector.giveUp(host, now: now.monotonic) { moved(transition, now: now) }
    lookAtServices(on: host)
    lookAtBrake(now: now)
    settle(now: now)
    return brake.isOn
      ? "\(host) counts as dead; its instances are placed elsewhere. The brake stays on for "
        + brake.held.sorted().map(\.description).joined(separator: ", ")
      : "\(host) counts as dead; its instances are placed elsewhere"
  }

  /// It is heard: then it was not dead.
  mutating func confirmationIsOver(_ host: HostID, now: Now) {
    guard hosts[host]?.record.confirmedDownAt != nil else { return }
    hosts[host]!.record.confirmedDownAt = nil
    outbox.changes.append(.putHost(hosts[host]!.record))
    emit(
      .warning, "confirmation-over", host: host, now: now,
      "Was confirmed down by an operator, and is heard again. Copies that were replaced are stopped there."
    )
  }

  func known(_ host: HostID) throws(APIError) -> HostEntry {
    guard let entry = hosts[host] else {
      let names = hosts.keys.sorted().prefix(10).map(\.description).joined(separator: ", ")
      throw APIError(
        code: .notFound,
        message: "there is no host \(host)"
          + (names.isEmpty ? "; none has joined" : "; there are: \(names)"))
    }
    return entry
  }
}
