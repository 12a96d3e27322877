// SPDX-License-Identifier: Apache-2.0

/// `POST /v1/reservations`.
package struct ReserveRequest: Hashable, Sendable, Codable {
  package var reservation: Reservation
  /// Whether it is made also where it can't be held now, and held as soon as it can; nil is no.
  package var wait: Bool?

  package init(reservation: Reservation, wait: Bool? = nil) {
    self.reservation = reservation
    self.wait = wait
  }
}

/// A reservation as `GET /v1/reservations` shows it.
package struct ReservationView: Hashable, Sendable, Codable {
  package enum State: String, Hashable, Sendable, Codable, CaseIterable {
    /// Its time has not come.
    case scheduled
    /// All of it is held.
    case held
    /// Less is held than was asked for; `message` says why.
    case short
  }

  /// What a host holds of it.
  package struct Hold: Hashable, Sendable, Codable {
    package var host: HostID
    package var amount: Reservation.Amount
    /// Of that, what instances use.
    package var drawn: Reservation.Amount
    /// Of what nobody uses, what is lent; nil: nothing.
    package var lent: Reservation.Amount?

    package init(host: HostID, amount: Reservation.Amount, drawn: Reservation.Amount) {
      self.host = host
      self.amount = amount
      self.drawn = drawn
    }
  }

  package var reservation: Reservation
  package var createdAt: Timestamp
  package var state: State
  package var holds: [Hold]
  /// The instances that draw on it, wherever they are.
  package var instances: [InstanceID]
  /// The instances that its room is lent to; nil: none.
  package var borrowers: [InstanceID]?
  /// What is the matter with it; empty when all is as it should be.
  package var message: String

  enum CodingKeys: String, CodingKey {
    case reservation, state, holds, instances, borrowers, message
    case createdAt = "created_at"
  }

  package init(
    reservation: Reservation, createdAt: Timestamp, state: State, holds: [Hold],
    instances: [InstanceID], message: String
  ) {
    self.reservation = reservation
    self.createdAt = createdAt
    self.state = state
    self.holds = holds
    self.instances = instances
    self.message = message
  }

  package var name: ReservationName { reservation.name }
  package var held: Reservation.Amount { holds.reduce(.zero) { $0 + $1.amount } }
  package var drawn: Reservation.Amount { holds.reduce(.zero) { $0 + $1.drawn } }
}

/// What a host holds for a reservation, as `GET /v1/hosts` shows it.
package struct HeldRoom: Hashable, Sendable, Codable {
  package var reservation: ReservationName
  package var amount: Reservation.Amount
  /// Of that, what nobody uses.
  package var free: Reservation.Amount

  package init(
    reservation: ReservationName, amount: Reservation.Amount, free: Reservation.Amount
  ) {
    self.reservation = reservation
    self.amount = amount
    self.free = free
  }
}
