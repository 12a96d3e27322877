// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What placement knows of a host: its facts, and what is reserved on it.
package struct PlacementHost: Hashable, Sendable {
  package var id: HostID
  package var state: HostState
  package var capacity: HostCapacity
  package var labels: [String: String] = [:]
  package var taints: [Taint] = []
  /// Why it takes nothing new though it is ready, in words that follow "is"; nil: it does.
  package var closedBecause: String?
  /// Cores that can be given to instances exclusively; nil where the host's kernel has no cpuset.
  package var exclusiveCores: Int?
  /// What else it has to give out.
  package var countables = Countables()
  /// The cgroup controllers its agent can use; nil where that is not known.
  package var controllers: [String]?
  /// Room that is held for reservations, in the order of their names, with what is used of it.
  package var holds: [Hold] = []

  package var reservedCPU: MilliCPU = .zero
  package var reservedMemory: Bytes = .zero
  /// Of the exclusive cores, how many are given.
  package var reservedCores = 0
  /// Of what else it has, how much is given; only what is more than 0 is named.
  package var reservedCountables = Countables()
  /// Fixed ports in use, with how many placements hold each.
  package var fixedPorts: [UInt16: Int] = [:]
  /// Placements per service.
  package var instances: [ServiceName: Int] = [:]

  package init(
    id: HostID, state: HostState, capacity: HostCapacity, exclusiveCores: Int? = nil
  ) {
    self.id = id
    self.state = state
    self.capacity = capacity
    self.exclusiveCores = exclusiveCores
  }

  mutating func dropLoads() {
    (reservedCPU, reservedMemory, reservedCores) = (.zero, .zero, 0)
    reservedCountables = Countables()
    fixedPorts = [:]
    instances = [:]
  }

  /// The larger of the reserved shares of CPU and memory: the dominant share (Ghodsi et al., "Dominant Resource
  /// Fairness", NSDI 2011).
  package var dominantShare: Double {
    func share(_ used: Int64, of capacity: Int64) -> Double {
      capacity > 0 ? Double(used) / Double(capacity) : (used > 0 ? .infinity : 0)
    }
    return max(
      share(reservedCPU.rawValue, of: capacity.cpu.rawValue),
      share(reservedMemory.rawValue, of: capacity.memory.rawValue))
  }
}
