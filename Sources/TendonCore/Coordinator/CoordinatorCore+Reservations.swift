// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Reservations: made, kept where there is room, and given up.
extension CoordinatorCore {
  /// Makes a reservation. One that can't be held now is refused, unless it is to wait; one whose time comes later is refused
  /// where it would not even fit on hosts without anything on them.
  package mutating func reserve(
    _ request: ReserveRequest, now: Now
  ) throws(APIError) -> String {
    let reservation = request.reservation
    let faults = reservation.faults(now: now.wall)
    guard faults.isEmpty else {
      throw APIError(
        code: .badRequest, message: "this reservation is impossible; nothing was reserved",
        details: faults.map {
          ErrorDetail(subject: $0.path.joined(separator: "."), message: $0.message)
        })
    }
    guard reservations[reservation.name] == nil else {
      throw APIError(
        code: .conflict,
        message: "there is a reservation \(reservation.name) already; "
          + "tendon reserve delete \(reservation.name) ends it")
    }
    let entry = ReservationEntry(
      ReservationRecord(reservation: reservation, createdAt: now.wall))
    if request.wait != true { try checkRoom(for: entry, now: now) }
    reservations[reservation.name] = entry
    put(entry.record)
    emit(
      .info, "reservation-created", reservation: reservation.name, now: now,
      "Created: \(reservation.summary).")
    reservationsMayDiffer = true
    settle(now: now)
    return progress(of: reservations[reservation.name]!, now: now)
  }

  /// Ends a reservation. What draws on it runs on, as if it had been placed without.
  package mutating func deleteReservation(
    _ name: ReservationName, now: Now
  ) throws(APIError) -> String {
    let entry = try existing(name)
    let count = instances(of: entry).count
    end(name, event: "reservation-deleted", "Deleted", now: now)
    settle(now: now)
    return count == 0
      ? "nothing is held for \(name) any more"
      : "nothing is held for \(name) any more; the \(counted(count, "instance")) that used it "
        + "\(count == 1 ? "runs" : "run") on"
  }

  func existing(_ name: ReservationName) throws(APIError) -> ReservationEntry {
    guard let entry = reservations[name] else {
      let names = reservations.keys.sorted().prefix(10).map(\.description).joined(separator: ", ")
      throw APIError(
        code: .notFound,
        message: "there is no reservation \(name)"
          + (names.isEmpty ? "; there are none" : "; there are: \(names)"))
    }
    return entry
  }

  private func checkRoom(for entry: ReservationEntry, now: Now) throws(APIError) {
    let isOpen = entry.isOpen(at: now.wall)
    let open = sites(for: entry.record.reservation)
    let sites = isOpen ? open : open.map(\.emptied)
    let plan = ReservationPlan(entry.record.reservation, now: [], sites: sites)
    guard let reason = plan.shortReason else { return }
    throw APIError(
      code: .conflict,
      message: isOpen
        ? "it can't be held now: \(reason). Nothing was reserved; ask for less, make room, or use --wait to have it "
          + "held as soon as it can be"
        : "it could not be held even if nothing ran: \(reason). Nothing was reserved")
  }

  // MARK: Keeping them

  /// Time passed: some begin, some are over.
  mutating func lookAtReservations(now: Now) {
    guard let next = nextReservationLook, next <= now.wall else { return }
    nextReservationLook = nil
    reservationsMayDiffer = true
    settleReservations(now: now)
  }

  /// Brings what is held in line with the time and with the hosts there are; those that were made first go first.
  mutating func settleReservations(now: Now) {
    guard reservationsMayDiffer else { return }
    reservationsMayDiffer = false
    guard !reservations.isEmpty else { return }
    let order = reservations.values.map(\.record).sorted {
      ($0.createdAt, $0.reservation.name) < ($1.createdAt, $1.reservation.name)
    }
    for name in order.map(\.reservation.name) { settle(name, now: now) }
    nextReservationLook = reservations.values.flatMap { entry in
      [entry.record.reservation.from, entry.record.reservation.until].compactMap { $0 }
    }.filter { $0 > now.wall }.min()
  }

  private mutating func settle(_ name: ReservationName, now: Now) {
    guard let entry = reservations[name] else { return }
    guard !entry.isOver(at: now.wall) else {
      return end(name, event: "reservation-ended", "Its time is over", now: now)
    }
    guard entry.isOpen(at: now.wall) else {
      if !entry.record.holds.isEmpty { hold([], for: name, now: now) }
      return
    }
    guard needsPlan(entry) else { return }
    let plan = ReservationPlan(
      entry.record.reservation, now: entry.record.holds,
      sites: sites(for: entry.record.reservation))
    if plan.holds != entry.record.holds { hold(plan.holds, for: name, now: now) }
    setShort(plan.shortReason, of: name, now: now)
  }

  /// Whether it lacks something, or is held where it can't stay.
  private func needsPlan(_ entry: ReservationEntry) -> Bool {
    if !(entry.record.reservation.total - entry.record.held).clamped.isZero { return true }
    let specs = specs(for: entry.record.reservation)
    return entry.record.holds.contains { hold in
      guard let host = hosts[hold.host] else { return true }
      let site = site(host, specs)
      let free = site.load.free()
      return !site.keeps || free.cpu < .zero || free.memory < .zero
    }
  }

  private func sites(for reservation: Reservation) -> [ReservationPlan.Site] {
    let specs = specs(for: reservation)
    return hosts.values.map { site($0, specs) }
  }

  /// What it is for, once all of that is known: one that is not applied yet may be anywhere.
  private func specs(for reservation: Reservation) -> [ServiceSpec] {
    let known = reservation.services.compactMap { services[$0] }.filter { !$0.record.isDeleted }
    return known.count == reservation.services.count ? known.map(\.record.spec) : []
  }

  /// Nothing is moved off hosts that the brake holds; and where none of the services may be, nothing is held for them.
  private func site(_ host: HostEntry, _ specs: [ServiceSpec]) -> ReservationPlan.Site {
    let load = engine.facts(of: host.record.id)!
    let isStrange =
      !specs.isEmpty
      && specs.allSatisfy { PlacementFilter.strangeness(of: load, for: $0) != nil }
    let isHeldByBrake =
      brake.held.contains(host.record.id) && host.record.confirmedDownAt == nil
    let keeps =
      host.record.cordon?.drain == nil && !isStrange && (load.state != .down || isHeldByBrake)
    return ReservationPlan.Site(load: load, keeps: keeps, isStrange: isStrange)
  }

  private mutating func hold(
    _ holds: [ReservationRecord.Hold], for name: ReservationName, now: Now
  ) {
    let before = reservations[name]!.record.holds
    reservations[name]!.record.holds = holds
    put(reservations[name]!.record)
    let touched = Set((before + holds).map(\.host))
    loadHolds(on: touched)
    outbox.touchedHosts.formUnion(touched)
    for hold in holds {
      let old = before.first { $0.host == hold.host }?.amount ?? .zero
      guard hold.amount != old else { continue }
      emit(
        .info, "reservation-held", host: hold.host, reservation: name, now: now,
        "\(hold.host) holds \(hold.amount) for it\(old.isZero ? "" : ", \(old) before").")
    }
    for hold in before where !holds.contains(where: { $0.host == hold.host }) {
      let state = engine.facts(of: hold.host)
      let why = state?.state == .down ? "is down" : state?.closedBecause.map { "is \($0)" }
      emit(
        .warning, "reservation-released", host: hold.host, reservation: name, now: now,
        "\(hold.host) no longer holds \(hold.amount) for it\(why.map { ": it \($0)" } ?? "").")
    }
    if !before.isEmpty { retryPending() }
  }

  private mutating func setShort(_ reason: String?, of name: ReservationName, now: Now) {
    let before = reservations[name]!.shortReason
    guard before != reason else { return }
    reservations[name]!.shortReason = reason
    outbox.touchedReservations.insert(name)
    if let reason, before == nil {
      emit(
        .warning, "reservation-short", reservation: name, now: now,
        "Not all of it is held: \(reason). It is held as soon as there is room.")
    } else if reason == nil {
      emit(.info, "reservation-whole", reservation: name, now: now, "All of it is held.")
    }
  }

  private mutating func end(
    _ name: ReservationName, event: String, _ words: String, now: Now
  ) {
    guard let entry = reservations[name] else { return }
    let count = instances(of: entry).count
    for epoch in entry.epochs.sorted() { leaveReservation(epoch) }
    reservations[name] = nil
    outbox.changes.append(.removeReservation(name))
    outbox.touchedReservations.insert(name)
    let touched = Set(entry.record.holds.map(\.host))
    loadHolds(on: touched)
    outbox.touchedHosts.formUnion(touched)
    let run = count == 1 ? "runs" : "run"
    let rest = count == 0 ? "" : "; \(counted(count, "instance")) that used it \(run) on without it"
    emit(.info, event, reservation: name, now: now, "\(words)\(rest).")
    retryPending()
  }

  private mutating func put(_ record: ReservationRecord) {
    outbox.changes.append(.putReservation(record))
    outbox.touchedReservations.insert(record.reservation.name)
  }
}
