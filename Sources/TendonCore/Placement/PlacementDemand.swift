// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What an instance needs from a host, and where it may and would best be.
package struct PlacementDemand: Hashable, Sendable {
  package var service: ServiceName
  /// What is reserved; exclusive cores count as a whole.
  package var cpu: MilliCPU
  package var memory: Bytes
  /// Cores for it alone; 0 shares the rest with the others.
  package var cores: Int
  /// What else it takes of a host, itself among it (`instances`).
  package var countables: Countables
  package var fixedPorts: [UInt16]
  /// Labels that the host must have, with these values.
  package var hostLabels: [String: String]
  package var rules: PlacementRules
  package var priority: Priority
  /// The cgroup controllers that its limits are enforced by. A host without one of them takes it all the same, and
  /// reports the limit as not in force: it is only second choice.
  package var controllers: [String]
  /// The reservation whose room it borrows; nil: it draws on what is held for its service.
  package var lender: ReservationName?

  package init(
    service: ServiceName, resources: Resources, fixedPorts: [UInt16] = [],
    hostLabels: [String: String] = [:], rules: PlacementRules = PlacementRules(),
    priority: Priority = .normal
  ) {
    self.service = service
    (cpu, memory, cores) = (.zero, .zero, 0)
    countables = Countables()
    controllers = []
    self.fixedPorts = fixedPorts
    self.hostLabels = hostLabels
    self.rules = rules
    self.priority = priority
    take(resources)
  }

  /// Needs these resources instead.
  mutating func take(_ resources: Resources) {
    cpu = resources.reservedCPU
    memory = resources.memory.request
    cores = resources.cores ?? 0
    countables = Countables(of: resources)
    controllers = Self.controllers(for: resources)
  }

  /// What of it can be held in advance.
  package var asking: Reservation.Amount { Reservation.Amount(cpu: cpu, memory: memory) }

  /// What a placement has reserved.
  package init(of placement: DesiredPlacement) {
    self.init(of: placement.spec, resources: placement.resources)
  }

  /// What an instance with these resources in force needs.
  package init(of spec: ServiceSpec, resources: Resources) {
    self.init(
      service: spec.name, resources: resources,
      fixedPorts: spec.ports.compactMap(\.fixed), hostLabels: spec.workload.hosts,
      rules: spec.placement, priority: spec.priority)
  }

  private static func controllers(for resources: Resources) -> [String] {
    var needed: [String] = []
    if resources.cpu.limit != .max { needed.append("cpu") }
    if !resources.hugepages.isEmpty { needed.append("hugetlb") }
    let io = resources.io
    if io.read != .max || io.write != .max || io.readOps != .max || io.writeOps != .max {
      needed.append("io")
    }
    if resources.memory.limit != .max { needed.append("memory") }
    if resources.pids != .max { needed.append("pids") }
    return needed
  }
}
