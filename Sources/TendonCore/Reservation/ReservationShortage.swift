// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Why a reservation is not held as a whole: how near it is, and what would make it fit.
struct ReservationShortage: CustomStringConvertible {
  let description: String

  /// - Parameters:
  ///   - rooms: what hosts that may hold more had free before `holds`.
  ///   - closed: the others.
  /// - Returns: nil where nothing is missing.
  init?(
    _ reservation: Reservation, holds: [HostID: Reservation.Amount],
    rooms: [ReservationPlan.Room], closed: [ReservationPlan.Site]
  ) {
    let missing = (reservation.total - holds.values.reduce(.zero, +)).clamped
    guard !missing.isZero else { return nil }
    let words =
      reservation.piece.map {
        Self.words(of: $0, over: reservation.hosts ?? 0, holds, rooms)
      } ?? Self.words(of: reservation.total, missing, holds, rooms)
    let reasons = closed.prefix(4).map { "\($0.load.id) is \($0.closedBecause ?? "closed")" }
    let more = closed.count > 4 ? ["\(closed.count - 4) more hosts take nothing"] : []
    description = ([words] + reasons + more).joined(separator: "; ")
  }

  private static func words(
    of total: Reservation.Amount, _ missing: Reservation.Amount,
    _ holds: [HostID: Reservation.Amount], _ rooms: [ReservationPlan.Room]
  ) -> String {
    let held = holds.values.reduce(.zero, +)
    let free = rooms.reduce(Reservation.Amount.zero) { $0 + $1.free }
    let start =
      held.isZero
      ? "there is no room for its \(total) on \(counted(rooms.count, "host"))"
      : "there is room for \(held) of its \(total) on \(counted(holds.count, "host"))"
    return
      "\(start), where \(free) is free in all: \(missing) is missing, in this proportion on each host"
  }

  private static func words(
    of piece: Reservation.Amount, over count: Int, _ holds: [HostID: Reservation.Amount],
    _ rooms: [ReservationPlan.Room]
  ) -> String {
    let whole = holds.values.count { piece.fits(in: $0) }
    let nearest = rooms.filter { holds[$0.host].map { !piece.fits(in: $0) } ?? true }
      .map { (lack: (piece - $0.free).clamped, host: $0.host) }
      .min { ($0.lack.cpu, $0.lack.memory, $0.host) < ($1.lack.cpu, $1.lack.memory, $1.host) }
    let words =
      nearest.map { "the nearest is \($0.host), where \($0.lack) is missing" }
      ?? "no other host has anything free"
    return "\(whole) of \(counted(count, "host")) have \(piece) free for it: \(words)"
  }
}
