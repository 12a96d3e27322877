// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What can be asked of one host without the others.
package enum PlacementFilter {
  /// Everything that speaks against the host, in words that follow "host1: "; empty when it fits.
  package static func refusals(of demand: PlacementDemand, by host: PlacementHost) -> [String] {
    let strange = labelRefusals(of: demand.hostLabels, by: host)
    guard strange.isEmpty else { return strange }
    let taints = host.taints.filter { $0.effect != .avoid && !demand.rules.tolerates($0) }
    guard taints.isEmpty else { return taints.map { "has the taint \($0)" } }
    guard host.state == .ready else { return ["is \(host.state.rawValue)"] }
    if let reason = host.closedBecause { return ["is \(reason)"] }
    var refusals = capacityRefusals(
      of: demand.asking, by: host, drawingOn: host.hold(for: demand)?.reservation)
    refusals += coreRefusals(cores: demand.cores, by: host)
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
      LabelTerm(key, .isOne(of: [value])).refusal(of: host.labels)
    }
  }

  /// What about a host itself keeps a service off it: its labels and taints. nil: nothing.
  package static func strangeness(of host: PlacementHost, for spec: ServiceSpec) -> String? {
    labelRefusals(of: spec.workload.hosts, by: host).first
      ?? spec.placement.constraints.lazy.compactMap { $0.refusal(of: host.labels) }.first
      ?? host.taints.first { $0.effect != .avoid && !spec.placement.tolerates($0) }.map {
        "has the taint \($0)"
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
      let kept = held.cpu > .zero ? " (\(held.cpu) is reserved for others)" : ""
      refusals.append(
        "needs \(asking.cpu) CPU, \(free.cpu) of \(host.capacity.cpu) is free\(kept)")
    }
    if asking.memory > .zero, asking.memory > free.memory {
      let kept = held.memory > .zero ? " (\(held.memory.rounded) is reserved for others)" : ""
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
