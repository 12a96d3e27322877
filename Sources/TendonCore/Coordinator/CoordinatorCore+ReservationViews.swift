// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What users see of reservations. None of it changes anything.
extension CoordinatorCore {
  package func reservationViews(now: Now) -> [ReservationView] {
    reservations.keys.sorted().compactMap { reservationView($0, now: now) }
  }

  package func reservationView(_ name: ReservationName, now: Now) -> ReservationView? {
    guard let entry = reservations[name] else { return nil }
    let isOpen = entry.isOpen(at: now.wall)
    let holds = entry.record.holds.map { hold in
      let load = engine.facts(of: hold.host)?.holds.first { $0.reservation == name }
      let unused = (hold.amount - (load?.drawn ?? .zero)).clamped
      var view = ReservationView.Hold(
        host: hold.host, amount: hold.amount, drawn: hold.amount - unused)
      if let load, !load.lent.isZero { view.lent = unused - load.left }
      return view
    }
    let all = entry.epochs.compactMap { placements[$0]?.placement }
    let instances = Set(all.filter { $0.isLent != true }.map(\.instance)).sorted()
    let borrowers = Set(all.filter { $0.isLent == true }.map(\.instance)).sorted()
    var view = ReservationView(
      reservation: entry.record.reservation, createdAt: entry.record.createdAt,
      state: !isOpen ? .scheduled : entry.shortReason == nil ? .held : .short, holds: holds,
      instances: instances, message: message(of: entry, isOpen: isOpen))
    if !borrowers.isEmpty { view.borrowers = borrowers }
    return view
  }

  /// Those that use it; a copy on a lost host is no other one.
  func instances(of entry: ReservationEntry) -> Set<InstanceID> {
    Set(entry.epochs.compactMap { placements[$0]?.placement.instance })
  }

  private func message(of entry: ReservationEntry, isOpen: Bool) -> String {
    guard isOpen else {
      return "held from \(entry.record.reservation.from?.description ?? "later") on"
    }
    return entry.shortReason ?? ""
  }

  /// How far a reservation is, in a sentence.
  func progress(of entry: ReservationEntry, now: Now) -> String {
    let reservation = entry.record.reservation
    guard entry.isOpen(at: now.wall) else {
      return "\(reservation.name) is \(message(of: entry, isOpen: false))"
    }
    let held = entry.record.held
    let places = entry.record.holds.map { "\($0.amount) on \($0.host)" }.joined(separator: ", ")
    if let reason = entry.shortReason {
      return "\(reservation.name) waits for room: \(reason). "
        + (places.isEmpty ? "Nothing is held so far" : "Held so far: \(places)")
    }
    return "\(held) is held for \(reservation.name): \(places)"
  }

  /// Explains a reservation.
  package func why(_ name: ReservationName, now: Now) throws(APIError) -> WhyView {
    let entry = try existing(name)
    guard let view = reservationView(name, now: now) else {
      preconditionFailure("what is there can be shown")
    }
    var evidence = ["asked for: \(view.reservation.summary)"]
    let unknown = view.reservation.services.filter { services[$0]?.record.isDeleted ?? true }
    if !unknown.isEmpty {
      evidence.append(
        "not applied yet: \(unknown.map(\.description).joined(separator: ", "))")
    }
    evidence += view.holds.map { hold in
      let state = engine.facts(of: hold.host).map { " (\($0.state.rawValue))" } ?? ""
      return "\(hold.host)\(state): \(hold.amount), of which \(hold.drawn) is used"
    }
    evidence += entry.epochs.sorted().compactMap { placements[$0] }.prefix(50).map {
      "\($0.placement.instance) \($0.placement.isLent == true ? "is lent room of it" : "draws on it"), "
        + "on \($0.placement.host): \(Reservation.Amount($0.placement.resources))"
    }
    return WhyView(
      subject: name.description,
      summary: "the reservation \(progress(of: entry, now: now))", evidence: evidence,
      events: events(EventFilter(reservation: name, limit: 20)))
  }

  /// What a host holds, for those who look at it; nil: nothing.
  func holdViews(of host: HostID) -> [HeldRoom]? {
    guard let load = engine.facts(of: host), !load.holds.isEmpty else { return nil }
    return load.holds.map {
      HeldRoom(reservation: $0.reservation, amount: $0.amount, free: $0.left)
    }
  }
}

extension Reservation {
  /// What was asked for, in words.
  package var summary: String {
    var words = amount.description
    if let hosts { words += isPerHost == true ? " on each of \(hosts)" : " over \(hosts)" }
    if let hosts { words += hosts == 1 ? " host" : " hosts" }
    let names = services.prefix(10).map(\.description).joined(separator: ", ")
    words +=
      services.isEmpty
      ? ", for no service yet"
      : " for \(names)\(services.count > 10 ? " and \(services.count - 10) more" : "")"
    if lend == true { words += ", lent until it is needed" }
    if let from { words += ", from \(from)" }
    if let until { words += ", until \(until)" }
    return words
  }
}

extension ReservationPlan.Site {
  /// The host as it would be with nothing on it.
  var emptied: Self {
    var site = self
    site.load = PlacementHost(
      id: load.id, state: load.state, capacity: load.capacity, exclusiveCores: load.exclusiveCores)
    return site
  }
}
