// SPDX-License-Identifier: Apache-2.0

/// Capacity that is held in advance, as a user asked for it.
package struct Reservation: Hashable, Sendable, Codable {
  /// CPU and memory together, as placement counts them.
  package struct Amount: Hashable, Sendable, Codable {
    package static let zero = Amount(cpu: .zero, memory: .zero)

    package var cpu: MilliCPU
    package var memory: Bytes

    package init(cpu: MilliCPU, memory: Bytes) {
      self.cpu = cpu
      self.memory = memory
    }
  }

  package var name: ReservationName
  /// All that is held, or what each of `hosts` holds where `isPerHost`.
  package var amount: Amount
  /// On so many hosts, evenly; nil: on as few as it fits on.
  package var hosts: Int?
  /// Whether `amount` is that of each host; only with `hosts`. nil is no.
  package var isPerHost: Bool?
  /// Held from then on; nil: from the start.
  package var from: Timestamp?
  /// Held until then, and forgotten; nil: until it is deleted.
  package var until: Timestamp?
  /// Whose instances may use it; they need not exist yet.
  package var services: [ServiceName]
  /// Whether instances of services with lower priority than all of `services` may use it until it is needed; nil is no.
  package var lend: Bool?

  enum CodingKeys: String, CodingKey {
    case name, amount, hosts, from, until, services, lend
    case isPerHost = "per_host"
  }

  package init(
    name: ReservationName, amount: Amount, hosts: Int? = nil, isPerHost: Bool? = nil,
    from: Timestamp? = nil, until: Timestamp? = nil, services: [ServiceName] = [], lend: Bool? = nil
  ) {
    self.name = name
    self.amount = amount
    self.hosts = hosts
    self.isPerHost = isPerHost
    self.from = from
    self.until = until
    self.services = services
    self.lend = lend
  }

  /// What each host holds where it is to be on so many; nil: whatever is free on each.
  package var piece: Amount? {
    guard let hosts, hosts > 0 else { return nil }
    guard isPerHost != true else { return amount }
    func share(_ value: Int64) -> Int64 { (value + Int64(hosts) - 1) / Int64(hosts) }
    return Amount(
      cpu: MilliCPU(share(amount.cpu.rawValue)), memory: Bytes(share(amount.memory.rawValue)))
  }

  /// All that is to be held. Even shares are rounded up.
  package var total: Amount {
    guard let hosts, let piece else { return amount }
    return Amount(
      cpu: MilliCPU(piece.cpu.rawValue * Int64(hosts)),
      memory: Bytes(piece.memory.rawValue * Int64(hosts)))
  }
}

extension Reservation.Amount: CustomStringConvertible {
  package var isZero: Bool { cpu <= .zero && memory <= .zero }

  package func fits(in other: Self) -> Bool { cpu <= other.cpu && memory <= other.memory }

  /// Each part, but never less than nothing.
  package var clamped: Self { Self(cpu: max(cpu, .zero), memory: max(memory, .zero)) }

  /// `2 CPU and 4Gi memory`; a part that is nothing is left out.
  package var description: String {
    var parts: [String] = []
    if cpu != .zero { parts.append("\(cpu) CPU") }
    if memory != .zero { parts.append("\(memory.rounded) memory") }
    return parts.isEmpty ? "nothing" : parts.joined(separator: " and ")
  }

  package static func + (left: Self, right: Self) -> Self {
    Self(cpu: left.cpu + right.cpu, memory: left.memory + right.memory)
  }

  package static func - (left: Self, right: Self) -> Self {
    Self(cpu: left.cpu - right.cpu, memory: left.memory - right.memory)
  }

  package static func += (left: inout Self, right: Self) { left = left + right }
  package static func -= (left: inout Self, right: Self) { left = left - right }
}
