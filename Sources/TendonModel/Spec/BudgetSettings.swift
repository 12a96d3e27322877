// SPDX-License-Identifier: Apache-2.0

/// How many of a service's instances may be unavailable because of what is done on purpose: the key `disruption`.
/// One of the two is given.
package struct BudgetSettings: Hashable, Sendable, Codable {
  package var maxUnavailable: ReplicaShare?
  package var minAvailable: ReplicaShare?

  enum CodingKeys: String, CodingKey {
    case maxUnavailable = "max_unavailable"
    case minAvailable = "min_available"
  }

  package init(maxUnavailable: ReplicaShare? = nil, minAvailable: ReplicaShare? = nil) {
    self.maxUnavailable = maxUnavailable
    self.minAvailable = minAvailable
  }

  /// How many of `total` instances may be unavailable. Percentages are rounded to the side on which more are available,
  /// except that a `max_unavailable` of more than 0 % is at least one.
  package func allowed(of total: Int) -> Int {
    var allowed = total
    if let maxUnavailable { allowed = min(allowed, maxUnavailable.roundedDown(of: total)) }
    if let minAvailable { allowed = min(allowed, total - minAvailable.roundedUp(of: total)) }
    return max(0, allowed)
  }

  /// As a spec has it: `max_unavailable: 1`.
  package var description: String {
    let parts = [
      maxUnavailable.map { "max_unavailable: \($0)" }, minAvailable.map { "min_available: \($0)" },
    ]
    return parts.compactMap { $0 }.joined(separator: ", ")
  }

  /// Everything that makes this impossible, whoever asks; empty when it is fine.
  package func faults(kind: Workload.Kind, replicas: Int, fence: Bool) -> [SpecFault] {
    guard kind == .service || kind == .daemon else {
      return [
        SpecFault(
          ["disruption"],
          "a \(kind.rawValue) runs to completion and is never moved on purpose: leave it out")
      ]
    }
    switch (maxUnavailable, minAvailable) {
    case (nil, nil):
      return [
        SpecFault(["disruption"], "says nothing: write {max_unavailable: 1} or {min_available: 2}")
      ]
    case (.some, .some):
      return [
        SpecFault(
          ["disruption"], "max_unavailable and min_available are two ways to say it: give one")
      ]
    default: break
    }
    var faults: [SpecFault] = []
    for (key, share) in [("max_unavailable", maxUnavailable), ("min_available", minAvailable)] {
      if let share, !share.isPossible {
        faults.append(
          SpecFault(
            ["disruption", key],
            "\(share) is neither 0 to \(ServiceSpec.largestReplicas) nor 0% to 100%"))
      }
    }
    // Its old copy has to be gone before the next one starts, so each move makes it unavailable.
    if faults.isEmpty, fence, kind == .service, replicas > 0, allowed(of: replicas) == 0 {
      faults.append(
        SpecFault(
          ["disruption"],
          "\(description) lets none of \(counted(replicas, "instance")) be unavailable, and one that is fenced is "
            + "whenever it moves: allow at least one"))
    }
    return faults
  }
}
