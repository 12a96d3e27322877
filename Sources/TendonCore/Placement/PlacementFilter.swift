// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What an instance needs from a host.
package struct PlacementDemand: Hashable, Sendable {
  package var service: ServiceName
  package var resources: Resources
  package var fixedPorts: [UInt16]
  /// Labels that the host must have, with these values.
  package var hostLabels: [String: String]
  package var rules: PlacementRules
  /// Hosts that it is kept from, with how it failed there.
  package var avoided: [HostID: String] = [:]

  package init(
    service: ServiceName, resources: Resources, fixedPorts: [UInt16],
    hostLabels: [String: String] = [:], rules: PlacementRules = PlacementRules()
  ) {
    self.service = service
    self.resources = resources
    self.fixedPorts = fixedPorts
    self.hostLabels = hostLabels
    self.rules = rules
  }
}

/// Why a host cannot take an instance; the same rules for placing, resizing and explaining.
package enum PlacementFilter {
  /// Everything that speaks against the host, in words that follow "host1: "; empty when it fits.
  package static func refusals(of demand: PlacementDemand, by host: PlacementHost) -> [String] {
    let strange = labelRefusals(of: demand.hostLabels, by: host)
    guard strange.isEmpty else { return strange }
    let taints = host.taints.filter { $0.effect != .avoid && !demand.rules.tolerates($0) }
    guard taints.isEmpty else { return taints.map { "has the taint \($0)" } }
    guard host.state == .ready else { return ["is \(host.state.rawValue)"] }
    if let reason = host.closedBecause { return ["is \(reason)"] }
    if let how = demand.avoided[host.id] { return ["keeps failing it (\(how))"] }
    let asking = Reservation.Amount(demand.resources)
    var refusals = capacityRefusals(
      of: asking, by: host,
      drawingOn: host.hold(for: demand.service, asking: asking)?.reservation)
    refusals += coreRefusals(cores: demand.resources.cores ?? 0, by: host)
    for port in demand.fixedPorts where host.fixedPorts[port] != nil {
      refusals.append("port \(port) is taken")
    }
    return refusals
  }

  /// What labels the host lacks; nothing that comes or goes with its load.
  package static func labelRefusals(
    of wanted: [String: String], by host: PlacementHost
  ) -> [String] {
    wanted.sorted { $0.key < $1.key }.compactMap { key, value in
      switch host.labels[key] {
      case value?: nil
      case let other?: "its label \(key) is \(other), not \(value)"
      case nil: "has no label \(key) (\(value) is wanted)"
      }
    }
  }

  /// What speaks against reserving this much more on the host.
  package static func capacityRefusals(
    of asking: Reservation.Amount, by host: PlacementHost, drawingOn own: ReservationName? = nil
  ) -> [String] {
    let free = host.free(beside: own).clamped
    let held = host.held(beside: own)
    var refusals: [String] = []
    if asking.cpu > .zero, asking.cpu > free.cpu {
      let kept = held.cpu > .zero ? " (\(held.cpu) held by reservations)" : ""
      refusals.append(
        "needs \(asking.cpu) CPU, \(free.cpu) of \(host.capacity.cpu) is free\(kept)")
    }
    if asking.memory > .zero, asking.memory > free.memory {
      let kept = held.memory > .zero ? " (\(held.memory.rounded) held by reservations)" : ""
      refusals.append(
        "needs \(asking.memory) memory, \(free.memory.rounded) "
          + "of \(host.capacity.memory.rounded) is free\(kept)")
    }
    return refusals
  }

  /// What speaks against giving this many more cores to one instance alone.
  package static func coreRefusals(cores: Int, by host: PlacementHost) -> [String] {
    guard cores > 0 else { return [] }
    guard let all = host.exclusiveCores else {
      return ["has no cpuset controller, which exclusive cores need"]
    }
    let free = max(0, all - host.reservedCores)
    return cores > free
      ? ["needs \(counted(cores, "exclusive core")), \(free) of \(all) free"]
      : []
  }
}
