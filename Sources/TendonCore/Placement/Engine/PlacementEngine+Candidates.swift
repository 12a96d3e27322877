// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Keeping the candidates of classes up to date.
extension PlacementEngine {
  /// How many scores are kept, for all classes together: 8 bytes each. A class beyond that is scored anew when it is
  /// asked for.
  private static let mostScores = 8 << 20

  /// Brings the candidates of a class up to date.
  mutating func refresh(_ slot: Int) {
    decisions += 1
    guard var candidates = classes[slot]!.candidates, candidates.structure == structure else {
      return build(slot)
    }
    // While it is changed here the class must not hold on to it, or all of it would be copied.
    classes[slot]!.candidates = nil
    defer { classes[slot]!.candidates = candidates }
    candidates.lastUse = decisions
    let layout = layouts[layoutKey(slot)]!
    if candidates.openings != openings {
      candidates.openings = openings
      candidates.spreads = spreadDomains(classes[slot]!)
    }
    if candidates.epoch != epoch {
      fill(&candidates, slot, layout)
    } else if let changed = log.since(candidates.seen), changed.count <= slots.count / 2 + 8 {
      let state = classes[slot]!
      for place in changed {
        let place = Int(place)
        candidates.index.set(
          leaf(state, place), leaf: Int(layout.leaves[place]),
          base: layout.groups[Int(layout.groupOf[place])].base)
      }
    } else {
      fill(&candidates, slot, layout)
    }
    candidates.seen = log.read()
    candidates.epoch = epoch
  }

  func layoutKey(_ slot: Int) -> [Int] {
    let state = classes[slot]!
    if state.rules.isEmpty, services[state.service].repulsions.isEmpty { return [] }
    return domainLabels(of: state)
  }

  private func fill(
    _ candidates: inout ClassState.Candidates, _ slot: Int, _ layout: HostLayout
  ) {
    let state = classes[slot]!
    for group in layout.groups { candidates.index.fill(group) { leaf(state, $0) } }
  }

  private mutating func build(_ slot: Int) {
    let key = layoutKey(slot)
    if layouts[key]?.version != structure {
      if layouts.values.contains(where: { $0.version != structure }) { layouts = [:] }
      layouts[key] = HostLayout(
        labels: key, domains: labels, hostCount: slots.count, version: structure)
    }
    let layout = layouts[key]!
    if classes[slot]!.candidates == nil {
      makeRoom(for: layout.nodeCount)
      indexed += 1
    }
    classes[slot]!.candidates = nil
    var candidates = ClassState.Candidates(
      index: CandidateIndex(nodeCount: layout.nodeCount), seen: 0, structure: structure,
      epoch: epoch, spreads: spreadDomains(classes[slot]!), openings: openings,
      lastUse: decisions)
    fill(&candidates, slot, layout)
    candidates.seen = log.read()
    classes[slot]!.candidates = candidates
  }

  /// Drops the half of the candidates that was not used for longest when there are too many.
  private mutating func makeRoom(for nodeCount: Int) {
    guard indexed >= 8, (indexed + 1) * nodeCount > Self.mostScores else { return }
    let uses = classes.compactMap { $0?.candidates?.lastUse }.sorted()
    let bound = uses[uses.count / 2]
    for slot in classes.indices {
      if let use = classes[slot]?.candidates?.lastUse, use <= bound {
        classes[slot]!.candidates = nil
      }
    }
    indexed = classes.count { $0?.candidates != nil }
  }
}
