// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What placements reserve on one host, kept exactly.
extension PlacementHost {
  /// Reserves what a placement asks for.
  package mutating func add(_ placement: DesiredPlacement) {
    reservedCPU += placement.resources.reservedCPU
    reservedCores += placement.resources.cores ?? 0
    reservedMemory += placement.resources.memory.request
    draw(Reservation.Amount(placement.resources), by: placement.draw)
    instances[placement.instance.service, default: 0] += 1
    for port in placement.spec.ports.compactMap(\.fixed) { fixedPorts[port, default: 0] += 1 }
  }

  /// Takes back exactly what `add` reserved for the same placement.
  package mutating func remove(_ placement: DesiredPlacement) {
    reservedCPU -= placement.resources.reservedCPU
    reservedCores -= placement.resources.cores ?? 0
    reservedMemory -= placement.resources.memory.request
    giveBack(Reservation.Amount(placement.resources), by: placement.draw)
    let service = placement.instance.service
    instances[service] = instances[service].flatMap { $0 > 1 ? $0 - 1 : nil }
    for port in placement.spec.ports.compactMap(\.fixed) {
      fixedPorts[port] = fixedPorts[port].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
  }
}
