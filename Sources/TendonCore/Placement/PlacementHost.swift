// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What placement knows of a host.
package struct PlacementHost: Hashable, Sendable {
  package var id: HostID
  package var state: HostState
  package var capacity: HostCapacity
  package var labels: [String: String] = [:]
  package var taints: [Taint] = []
  /// Why it takes nothing new though it is ready, in words that follow "is"; nil: it does.
  package var closedBecause: String?
  package var reservedCPU: MilliCPU = .zero
  package var reservedMemory: Bytes = .zero
  /// Cores that can be given to instances exclusively; nil where the host's kernel has no cpuset.
  package var exclusiveCores: Int?
  /// Of those, how many are given.
  package var reservedCores = 0
  /// Fixed ports in use, with how many placements hold each.
  package var fixedPorts: [UInt16: Int] = [:]
  /// Placements per service.
  package var instances: [ServiceName: Int] = [:]
  /// Room that is held for reservations, in the order of their names.
  package var holds: [Hold] = []

  package init(
    id: HostID, state: HostState, capacity: HostCapacity, exclusiveCores: Int? = nil
  ) {
    self.id = id
    self.state = state
    self.capacity = capacity
    self.exclusiveCores = exclusiveCores
  }

  package var instanceCount: Int { instances.values.reduce(0, +) }

  /// Reserves what a placement asks for.
  package mutating func add(_ placement: DesiredPlacement) {
    reservedCPU += placement.resources.reservedCPU
    reservedCores += placement.resources.cores ?? 0
    reservedMemory += placement.resources.memory.request
    draw(placement)
    instances[placement.instance.service, default: 0] += 1
    for port in placement.spec.ports.compactMap(\.fixed) { fixedPorts[port, default: 0] += 1 }
  }

  /// Takes back exactly what `add` reserved for the same placement.
  package mutating func remove(_ placement: DesiredPlacement) {
    reservedCPU -= placement.resources.reservedCPU
    reservedCores -= placement.resources.cores ?? 0
    reservedMemory -= placement.resources.memory.request
    giveBack(placement)
    let service = placement.instance.service
    instances[service] = instances[service].flatMap { $0 > 1 ? $0 - 1 : nil }
    for port in placement.spec.ports.compactMap(\.fixed) {
      fixedPorts[port] = fixedPorts[port].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
  }

  /// The larger of the reserved shares of CPU and memory, with `resources` added: the dominant share (Ghodsi et
  /// al., "Dominant Resource Fairness", NSDI 2011).
  package func dominantShare(adding resources: Resources) -> Double {
    func share(_ used: Int64, of capacity: Int64) -> Double {
      capacity > 0 ? Double(used) / Double(capacity) : (used > 0 ? .infinity : 0)
    }
    return max(
      share((reservedCPU + resources.reservedCPU).rawValue, of: capacity.cpu.rawValue),
      share((reservedMemory + resources.memory.request).rawValue, of: capacity.memory.rawValue))
  }
}
