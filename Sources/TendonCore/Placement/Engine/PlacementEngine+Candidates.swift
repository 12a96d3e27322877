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
    candidates.lastUse = decisions
    if candidates.openings != openings {
      candidates.openings = openings
      candidates.spreads = spreadDomains(classes[slot]!)
    }
    if candidates.epoch == epoch, let changed = log.since(candidates.seen),
      changed.count <= slots.count / 2 + 8
    {
      update(&candidates, classes[slot]!, changed)
    } else {
      fill(&candidates, classes[slot]!)
    }
    candidates.seen = log.read()
    candidates.epoch = epoch
    classes[slot]!.candidates = candidates
  }

  /// Looks at some hosts again.
  private func update(
    _ candidates: inout ClassState.Candidates, _ state: ClassState, _ changed: ArraySlice<Int32>
  ) {
    let layout = layouts[candidates.layout]
    let scorer = LeafScorer(self, state)
    candidates.index.change { nodes in
      for place in changed {
        let place = Int(place)
        CandidateIndex.set(
          scorer.leaf(place), leaf: Int(layout.leaves[place]), base: layout.base(of: place), nodes)
      }
    }
  }

  private func fill(_ candidates: inout ClassState.Candidates, _ state: ClassState) {
    let scorer = LeafScorer(self, state)
    for group in layouts[candidates.layout].groups {
      candidates.index.fill(group) { scorer.leaf($0) }
    }
  }

  private mutating func build(_ slot: Int) {
    let layout = layout(of: slot)
    let count = layouts[layout].nodeCount
    if classes[slot]!.candidates == nil {
      makeRoom(for: count)
      indexed += 1
    }
    classes[slot]!.candidates = nil
    var candidates = ClassState.Candidates(
      index: CandidateIndex(nodeCount: count), layout: layout, seen: 0, structure: structure,
      epoch: epoch, spreads: spreadDomains(classes[slot]!), openings: openings,
      lastUse: decisions)
    fill(&candidates, classes[slot]!)
    candidates.seen = log.read()
    classes[slot]!.candidates = candidates
  }

  /// The place of the layout that fits a class, as hosts are now.
  private mutating func layout(of slot: Int) -> Int {
    let wanted = domainLabels(of: classes[slot]!)
    if layouts.first.map({ $0.version != structure }) ?? false { layouts = [] }
    if let known = layouts.firstIndex(where: { $0.labels == wanted }) { return known }
    layouts.append(
      HostLayout(labels: wanted, domains: labels, hostCount: slots.count, version: structure))
    return layouts.count - 1
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

/// Scores hosts for one class, with everything that is the same for all hosts at hand.
struct LeafScorer {
  private let engine: PlacementEngine
  private let state: ClassState
  private let numbers: ClassNumbers
  private let service: Int
  private let vectors: [HostVector]
  private let answers: [HostScreen.Answer]
  private let populations: [SparseCounts]
  private let room: RoomKeeper
  private let settings: PlacementSettings
  /// Whether numbers are all there is to look at, but for hosts that are special.
  private let isPlain: Bool

  init(_ engine: PlacementEngine, _ state: ClassState) {
    self.engine = engine
    self.state = state
    numbers = state.numbers
    service = state.service
    vectors = engine.vectors
    answers = engine.screens[state.screen].answers
    populations = engine.populations
    room = engine.room
    settings = engine.settings
    isPlain =
      state.isPlain && state.rules.spreads.isEmpty
      && !engine.services[state.service].isRepelledOnHosts
  }

  /// What the trees hold of a host: its score, or minus infinity.
  @inline(__always)
  func leaf(_ place: Int) -> Double {
    guard isPlain, !vectors[place].isSpecial else { return engine.leaf(state, place) }
    let answer = answers[place]
    guard PlacementEngine.plainMisses(numbers, vectors[place], answer.misses).isEmpty else {
      return -.infinity
    }
    return HostScore(
      numbers, vectors[place], answer, siblings: populations[place][service], room, settings
    ).total
  }
}
