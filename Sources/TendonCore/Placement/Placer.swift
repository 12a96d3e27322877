// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Why no host takes an instance.
package struct PlacementRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// Per host, in the order of their names, what speaks against it.
  package var reasons: [(host: HostID, why: [String])]

  package init(reasons: [(host: HostID, why: [String])]) { self.reasons = reasons }

  package var description: String {
    guard !reasons.isEmpty else { return "no host has joined the cluster" }
    let shown = reasons.prefix(8).map { "\($0.host): \($0.why.joined(separator: ", "))" }
    let rest = reasons.count > 8 ? "; and \(reasons.count - 8) more hosts" : ""
    return "fits on no host: " + shown.joined(separator: "; ") + rest
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.reasons.elementsEqual(right.reasons) { $0.host == $1.host && $0.why == $1.why }
  }

  package func hash(into hasher: inout Hasher) {
    for reason in reasons {
      hasher.combine(reason.host)
      hasher.combine(reason.why)
    }
  }
}

/// Chooses a host for one instance: filters, then the host that would be the least loaded.
package enum Placer {
  /// The host whose dominant reserved share would be the smallest; ties go to the one with fewer instances of
  /// the same service, then with fewer instances, then by name, so that the choice is repeatable.
  package static func choose(
    among hosts: some Sequence<PlacementHost>, for demand: PlacementDemand
  ) throws(PlacementRefusal) -> HostID {
    var best: (key: Key, host: HostID)?
    var reasons: [(host: HostID, why: [String])] = []
    for host in hosts {
      let refusals = PlacementFilter.refusals(of: demand, by: host)
      guard refusals.isEmpty else {
        reasons.append((host.id, refusals))
        continue
      }
      let key = Key(
        share: host.dominantShare(adding: demand.resources),
        siblings: host.instances[demand.service] ?? 0, instances: host.instanceCount, id: host.id)
      if best.map({ key < $0.key }) ?? true { best = (key, host.id) }
    }
    guard let best else {
      throw PlacementRefusal(reasons: reasons.sorted { $0.host < $1.host })
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
