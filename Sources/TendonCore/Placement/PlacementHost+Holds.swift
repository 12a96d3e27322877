// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Room that a host holds for reservations.
///
/// What placements ask for, and what is held and not drawn, never exceed the host's capacity together. A placement draws
/// on one hold at most. What it asks for beyond what is left there comes from the host's free room.
extension PlacementHost {
  /// What the host holds for one reservation.
  package struct Hold: Hashable, Sendable {
    package var reservation: ReservationName
    /// Who may draw on it.
    package var services: Set<ServiceName>
    package var amount: Reservation.Amount
    /// The sum of what the placements that draw on it ask for; more than `amount` where it was not enough for them.
    package var drawn = Reservation.Amount.zero
    /// The same of the placements that it is lent to.
    package var lent = Reservation.Amount.zero

    package init(
      reservation: ReservationName, services: Set<ServiceName>, amount: Reservation.Amount
    ) {
      self.reservation = reservation
      self.services = services
      self.amount = amount
    }

    /// What nobody uses, and is kept from everybody else.
    package var left: Reservation.Amount { (amount - drawn - lent).clamped }
  }

  /// The hold that a service's next placement draws on: the first, by name, that has room for all of it, or else for a
  /// part.
  package func hold(
    for service: ServiceName, asking: Reservation.Amount
  ) -> Hold? {
    guard !holds.isEmpty else { return nil }
    let own = holds.filter { $0.services.contains(service) }
    return own.first { asking.fits(in: $0.left) } ?? own.first { !$0.left.isZero }
  }

  /// The hold that an instance draws on, or that lends it room.
  package func hold(for demand: PlacementDemand) -> Hold? {
    guard let lender = demand.lender else {
      return hold(for: demand.service, asking: demand.asking)
    }
    return holds.first { $0.reservation == lender }
  }

  /// What an instance that is placed here now would draw; nil: nothing.
  package func draw(for demand: PlacementDemand) -> PlacementDraw? {
    hold(for: demand).map { PlacementDraw($0.reservation, isLent: demand.lender != nil) }
  }

  /// What is held and not drawn, but for one reservation.
  package func held(beside own: ReservationName? = nil) -> Reservation.Amount {
    holds.reduce(.zero) { $1.reservation == own ? $0 : $0 + $1.left }
  }

  /// What a placement that draws on `own` may ask for; less than nothing where the host is too small for what it has.
  package func free(beside own: ReservationName? = nil) -> Reservation.Amount {
    let reserved = Reservation.Amount(cpu: reservedCPU, memory: reservedMemory)
    return Reservation.Amount(capacity) - reserved - held(beside: own)
  }

  /// Puts other holds in place of those there are.
  /// - Parameter placements: everything that counts on the host.
  package mutating func setHolds(
    _ new: [Hold], placements: some Sequence<DesiredPlacement>
  ) {
    holds = new.sorted { $0.reservation < $1.reservation }
    for index in holds.indices {
      holds[index].drawn = .zero
      holds[index].lent = .zero
    }
    guard !holds.isEmpty else { return }
    for placement in placements {
      draw(Reservation.Amount(placement.resources), by: placement.draw)
    }
  }

  /// - Parameter draw: nil: nothing is drawn.
  mutating func draw(_ amount: Reservation.Amount, by draw: PlacementDraw?) {
    guard let draw, let index = index(of: draw) else { return }
    holds[index][keyPath: draw.sum] += amount
  }

  mutating func giveBack(_ amount: Reservation.Amount, by draw: PlacementDraw?) {
    guard let draw, let index = index(of: draw) else { return }
    holds[index][keyPath: draw.sum] -= amount
  }

  private func index(of draw: PlacementDraw) -> Int? {
    holds.isEmpty ? nil : holds.firstIndex { $0.reservation == draw.reservation }
  }
}

/// Whose held room a placement uses.
package struct PlacementDraw: Hashable, Sendable {
  package var reservation: ReservationName
  /// Whether it is only lent.
  package var isLent: Bool

  package init(_ reservation: ReservationName, isLent: Bool = false) {
    self.reservation = reservation
    self.isLent = isLent
  }

  fileprivate var sum: WritableKeyPath<PlacementHost.Hold, Reservation.Amount> {
    isLent ? \.lent : \.drawn
  }
}

extension DesiredPlacement {
  package var draw: PlacementDraw? {
    reservation.map { PlacementDraw($0, isLent: isLent == true) }
  }
}

extension Reservation.Amount {
  package init(_ capacity: HostCapacity) {
    self.init(cpu: capacity.cpu, memory: capacity.memory)
  }

  /// What placement counts of an instance.
  package init(_ resources: Resources) {
    self.init(cpu: resources.reservedCPU, memory: resources.memory.request)
  }
}
