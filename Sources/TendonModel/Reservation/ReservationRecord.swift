// SPDX-License-Identifier: Apache-2.0

/// A reservation as the store keeps it: what was asked for, and where it is held.
package struct ReservationRecord: Hashable, Sendable, Codable {
  /// What one host holds of it.
  package struct Hold: Hashable, Sendable, Codable {
    package var host: HostID
    package var amount: Reservation.Amount

    package init(host: HostID, amount: Reservation.Amount) {
      self.host = host
      self.amount = amount
    }
  }

  package var reservation: Reservation
  package var createdAt: Timestamp
  /// In the order of the hosts' names; empty before its time.
  package var holds: [Hold]

  enum CodingKeys: String, CodingKey {
    case reservation, holds
    case createdAt = "created_at"
  }

  package init(reservation: Reservation, createdAt: Timestamp, holds: [Hold] = []) {
    self.reservation = reservation
    self.createdAt = createdAt
    self.holds = holds
  }

  package var held: Reservation.Amount { holds.reduce(.zero) { $0 + $1.amount } }
}
