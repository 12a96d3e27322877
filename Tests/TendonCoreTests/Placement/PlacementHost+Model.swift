// SPDX-License-Identifier: Apache-2.0

import TendonModel

@testable import TendonCore

/// What placements reserve on one host, in the simplest way: what the engine counts is compared with it.
extension PlacementHost {
  mutating func add(_ placement: DesiredPlacement) {
    reservedCPU += placement.resources.reservedCPU
    reservedCores += placement.resources.cores ?? 0
    reservedMemory += placement.resources.memory.request
    draw(Reservation.Amount(placement.resources), by: placement.draw)
    instances[placement.instance.service, default: 0] += 1
    for port in placement.spec.ports.compactMap(\.fixed) { fixedPorts[port, default: 0] += 1 }
  }

  mutating func remove(_ placement: DesiredPlacement) {
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
