// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Chooses a host for one instance: filters, then the host that would be the least loaded.
package enum Placer {
  /// The host whose dominant reserved share would be the smallest; ties go to the one with fewer instances of
  /// the same service, then with fewer instances, then by name, so that the choice is repeatable.
  package static func choose(
    among hosts: some Sequence<PlacementHost>, for demand: PlacementDemand,
    avoiding avoided: [HostID: String] = [:]
  ) throws(PlacementRefusal) -> HostID {
    var best: (key: Key, host: HostID)?
    var reasons: [(host: HostID, why: [String])] = []
    var misses: Misses = []
    for host in hosts {
      var refusals = PlacementFilter.refusals(of: demand, by: host)
      if refusals.isEmpty, let why = avoided[host.id] {
        refusals = [why]
        misses.insert(.excluded)
      }
      guard refusals.isEmpty else {
        reasons.append((host.id, refusals))
        continue
      }
      let key = Key(
        share: host.dominantShare(adding: demand),
        siblings: host.instances[demand.service] ?? 0, instances: host.instanceCount, id: host.id)
      if best.map({ key < $0.key }) ?? true { best = (key, host.id) }
    }
    guard let best else {
      throw PlacementRefusal(
        hostCount: reasons.count,
        reasons: reasons.sorted { $0.host < $1.host }
          .map { PlacementRefusal.Reason(host: $0.host, why: $0.why) },
        misses: misses)
    }
    return best.host
  }

  private struct Key: Comparable {
    var share: Double
    var siblings: Int
    var instances: Int
    var id: HostID

    static func < (left: Self, right: Self) -> Bool {
      (left.share, left.siblings, left.instances, left.id)
        < (right.share, right.siblings, right.instances, right.id)
    }
  }
}

extension PlacementFilter {
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
}

extension PlacementHost {
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

  fileprivate func dominantShare(adding demand: PlacementDemand) -> Double {
    var host = self
    host.reservedCPU += demand.cpu
    host.reservedMemory += demand.memory
    return host.dominantShare
  }
}
