// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// How much room there is, and which hosts would be best.
extension CoordinatorCore {
  /// So many are counted at the most.
  static var mostCounted: Int { 100_000 }

  /// How many more instances of each of the specs would find a host, each service by itself, without making room.
  package func capacity(for specs: [ServiceSpec]) throws(APIError) -> CapacityView {
    try checkNames(of: specs)
    return CapacityView(
      services: specs.map { spec in
        let (count, refusal) = engine.capacity(
          for: PlacementDemand(of: spec, resources: spec.resources), most: Self.mostCounted)
        return CapacityView.Service(
          name: spec.name, count: count, limit: refusal.map { "the next one \($0)" })
      })
  }

  /// The best hosts for an instance if it were placed now, with what counts for and against each.
  func scoreEvidence(_ instance: InstanceID, now: Now) -> [String] {
    guard let service = services[instance.service], !service.record.isDeleted else { return [] }
    var trial = engine
    // Its own copies are no reason against where they are.
    for epoch in service.slots[instance.slot] ?? [] {
      guard let entry = placements[epoch], let handle = entry.reserved else { continue }
      trial.remove(handle, from: entry.placement.host, drawing: entry.placement.draw)
    }
    let scores = trial.scores(for: demand(of: instance), best: 5)
    return scores.enumerated().map { place, score in
      // What rounds to nothing decides between equals only.
      let parts = score.parts.filter { abs($0.value) >= 0.0005 }
        .map { "\($0.name) \(Self.text($0.value))" }.joined(separator: ", ")
      return
        "\(place == 0 ? "best host now" : "then"): \(score.host), \(Self.text(score.total))"
        + (parts.isEmpty ? "" : " (\(parts))")
    }
  }

  /// Three places after the point.
  private static func text(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded())
    let digits = String(abs(thousandths % 1000))
    return (thousandths < 0 ? "-" : "") + "\(abs(thousandths) / 1000)."
      + String(repeating: "0", count: 3 - digits.count) + digits
  }
}
