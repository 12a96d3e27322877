// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Decides which hosts hold how much of a reservation: what is held stays where it is as long as its host can keep it, and
/// what is missing is looked for on the hosts that have room.
package struct ReservationPlan: Hashable, Sendable {
  /// A host that may hold something.
  package struct Site: Hashable, Sendable {
    /// With all that is placed and held there now.
    package var load: PlacementHost
    /// Whether what it holds stays there: it is not given up, and not being emptied.
    package var keeps: Bool
    /// Whether none of the services that it would be for may be there.
    package var isStrange: Bool

    package init(load: PlacementHost, keeps: Bool, isStrange: Bool = false) {
      self.load = load
      self.keeps = keeps
      self.isStrange = isStrange
    }

    /// Why nothing more is held there, in words that follow "is"; nil: it may be.
    var closedBecause: String? {
      if load.state != .ready { return load.state.rawValue }
      return load.closedBecause ?? (isStrange ? "not for these services" : nil)
    }
  }

  /// Where it is held from now on, in the order of the hosts' names.
  package private(set) var holds: [ReservationRecord.Hold] = []
  /// Why not all of it is, and what would make it fit; nil: all is held.
  package private(set) var shortReason: String?

  /// - Parameters:
  ///   - now: where it is held so far.
  ///   - sites: every host.
  package init(
    _ reservation: Reservation, now: [ReservationRecord.Hold], sites: some Sequence<Site>
  ) {
    let sites = Dictionary(sites.map { ($0.load.id, $0) }, uniquingKeysWith: { first, _ in first })
    var amounts: [HostID: Reservation.Amount] = [:]
    for hold in now {
      guard let site = sites[hold.host], site.keeps else { continue }
      let kept = Self.kept(hold.amount, of: reservation.name, on: site.load)
      if !kept.isZero { amounts[hold.host] = kept }
    }
    let free = sites.values.filter { $0.closedBecause == nil }
      .map { Room(host: $0.load.id, free: Self.free(on: $0.load, now: now, kept: amounts)) }
      .filter { !$0.free.isZero }
    if let piece = reservation.piece, let count = reservation.hosts {
      Self.spread(piece, over: count, free, into: &amounts)
    } else {
      Self.pack(reservation.total, free, into: &amounts)
    }
    holds = amounts.sorted { $0.key < $1.key }.map { .init(host: $0.key, amount: $0.value) }
    let closed = sites.values.filter { $0.closedBecause != nil }.sorted { $0.load.id < $1.load.id }
    shortReason =
      ReservationShortage(reservation, holds: amounts, rooms: free, closed: closed)?
      .description
  }

  /// What a host has free for the reservation.
  struct Room: Hashable, Sendable {
    var host: HostID
    var free: Reservation.Amount
  }

  /// A host that became smaller holds less, as far as nobody uses it.
  private static func kept(
    _ amount: Reservation.Amount, of name: ReservationName, on host: PlacementHost
  ) -> Reservation.Amount {
    let missing = (Reservation.Amount.zero - host.free()).clamped
    guard !missing.isZero, let hold = host.holds.first(where: { $0.reservation == name }) else {
      return amount
    }
    return Reservation.Amount(
      cpu: amount.cpu - min(missing.cpu, hold.left.cpu),
      memory: amount.memory - min(missing.memory, hold.left.memory))
  }

  private static func free(
    on host: PlacementHost, now: [ReservationRecord.Hold], kept: [HostID: Reservation.Amount]
  ) -> Reservation.Amount {
    let before = now.first { $0.host == host.id }?.amount ?? .zero
    return (host.free() + before - (kept[host.id] ?? before)).clamped
  }

  /// All of it on as few hosts as possible. Where one is not enough, each holds a part with the proportion of the whole,
  /// so that instances fit into it.
  private static func pack(
    _ total: Reservation.Amount, _ rooms: [Room], into amounts: inout [HostID: Reservation.Amount]
  ) {
    var missing = (total - amounts.values.reduce(.zero, +)).clamped
    let whole = missing
    let ordered = rooms.map { (part: share(of: whole, in: $0.free), room: $0) }
      .sorted { ($1.part, $0.room.host) < ($0.part, $1.room.host) }
    for (_, room) in ordered {
      var free = room.free
      // Parts are whole numbers: what rounding left may be one more.
      while !missing.isZero, case let piece = part(of: missing, in: free), !piece.isZero {
        amounts[room.host, default: .zero] += piece
        free -= piece
        missing -= piece
      }
    }
  }

  /// The part of `wanted` that fits, from 0 to 1.
  private static func share(
    of wanted: Reservation.Amount, in free: Reservation.Amount
  ) -> Double {
    func share(_ free: Int64, _ wanted: Int64) -> Double {
      wanted > 0 ? min(1, Double(max(0, free)) / Double(wanted)) : 1
    }
    return min(
      share(free.cpu.rawValue, wanted.cpu.rawValue),
      share(free.memory.rawValue, wanted.memory.rawValue))
  }

  /// Of `wanted` what fits, in its proportion, in whole thousandths of a CPU and mebibytes.
  private static func part(
    of wanted: Reservation.Amount, in free: Reservation.Amount
  ) -> Reservation.Amount {
    if wanted.fits(in: free) { return wanted }
    let share = share(of: wanted, in: free)
    let cpu = Int64(Double(wanted.cpu.rawValue) * share)
    let memory = Int64(Double(wanted.memory.rawValue) * share)
    let piece = Reservation.Amount(
      cpu: min(MilliCPU(cpu), free.cpu), memory: .mebibytes(min(memory, free.memory.rawValue) >> 20)
    )
    // One without the other is of use to nobody.
    let isUseful =
      (wanted.cpu <= .zero || piece.cpu > .zero) && (wanted.memory <= .zero || piece.memory > .zero)
    return isUseful ? piece : .zero
  }

  /// The same on each of so many hosts; first what those that hold some lack, then where most is free.
  private static func spread(
    _ piece: Reservation.Amount, over count: Int, _ rooms: [Room],
    into amounts: inout [HostID: Reservation.Amount]
  ) {
    for room in rooms {
      guard let kept = amounts[room.host] else { continue }
      let missing = (piece - kept).clamped
      if missing.fits(in: room.free) { amounts[room.host] = kept + missing }
    }
    let others = rooms.filter { amounts[$0.host] == nil && piece.fits(in: $0.free) }
      .map { (fill: fill(of: $0.free, with: piece), host: $0.host) }
      .sorted { ($0.fill, $0.host) < ($1.fill, $1.host) }
    for (_, host) in others.prefix(max(0, count - amounts.count)) { amounts[host] = piece }
  }

  /// How much of what is free a piece takes, by the resource of which that is more.
  private static func fill(
    of free: Reservation.Amount, with piece: Reservation.Amount
  ) -> Double {
    max(
      Double(piece.cpu.rawValue) / Double(max(1, free.cpu.rawValue)),
      Double(piece.memory.rawValue) / Double(max(1, free.memory.rawValue)))
  }
}
