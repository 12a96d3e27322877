// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Keeping the candidates of classes up to date.
extension PlacementEngine {
  /// How many blocks of ranks are kept, for all classes together: 68 bytes each. A class beyond that is ranked anew
  /// when it is asked for.
  private static let mostBlocks = 1 << 20

  /// Brings the candidates of a class up to date.
  mutating func refresh(_ slot: Int) {
    decisions += 1
    guard var candidates = classes[slot]!.takeCandidates() else { return build(slot) }
    guard candidates.structure == structure else {
      indexed -= 1
      return build(slot)
    }
    candidates.lastUse = decisions
    if candidates.openings != openings {
      candidates.openings = openings
      candidates.spreads = spreadDomains(classes[slot]!)
    }
    if candidates.epoch == epoch, let changed = log.since(candidates.seen),
      changed.count <= slots.count / 2 + 8
    {
      update(&candidates, slot, changed)
    } else {
      fill(&candidates, slot)
    }
    candidates.seen = log.read()
    candidates.epoch = epoch
    classes[slot]!.candidates = candidates
  }

  /// Looks at some hosts again.
  private func update(
    _ candidates: inout ClassState.Candidates, _ slot: Int, _ changed: ArraySlice<Int32>
  ) {
    let scorer = Ranker(self, slot)
    layouts[candidates.layout].positions.withUnsafeBufferPointer { positions in
      candidates.index.change { access in
        for place in changed {
          let place = Int(place)
          access.set(scorer.rank(place, self), at: Int(positions[place]))
        }
      }
    }
  }

  private func fill(_ candidates: inout ClassState.Candidates, _ slot: Int) {
    let scorer = Ranker(self, slot)
    for group in layouts[candidates.layout].groups {
      candidates.index.fill(group) { scorer.rank($0, self) }
    }
  }

  private mutating func build(_ slot: Int) {
    let layout = layout(of: slot)
    let count = layouts[layout].blockCount
    makeRoom(for: count)
    indexed += 1
    var candidates = ClassState.Candidates(
      index: CandidateIndex(blockCount: count), layout: layout, seen: 0, structure: structure,
      epoch: epoch, spreads: spreadDomains(classes[slot]!), openings: openings,
      lastUse: decisions)
    fill(&candidates, slot)
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
  private mutating func makeRoom(for blockCount: Int) {
    guard indexed >= 8, (indexed + 1) * blockCount > Self.mostBlocks else { return }
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

/// Ranks hosts for one class, with everything that is the same for all hosts at hand.
struct Ranker {
  private let slot: Int
  private let numbers: ClassNumbers
  private let service: Int
  private let vectors: [HostVector]
  private let answers: [HostScreen.Answer]
  private let populations: [SparseCounts]
  private let cluster: ClusterView
  private let settings: PlacementSettings
  /// Whether numbers are all there is to look at, but for hosts that are special.
  private let isPlain: Bool

  init(_ engine: PlacementEngine, _ slot: Int) {
    self.slot = slot
    numbers = engine.classes[slot]!.numbers
    service = engine.classes[slot]!.service
    vectors = engine.vectors
    answers = engine.screens[engine.classes[slot]!.screen].answers
    populations = engine.populations
    cluster = engine.room.view(for: numbers, engine.settings)
    settings = engine.settings
    isPlain = engine.classes[slot]!.isPlain && !engine.services[service].isRepelledOnHosts
  }

  /// What the candidates hold of a host.
  @inline(__always)
  func rank(_ place: Int, _ engine: borrowing PlacementEngine) -> Int32 {
    guard isPlain, !vectors[place].isSpecial else { return engine.rank(slot, place) }
    let answer = answers[place]
    guard PlacementEngine.plainMisses(numbers, vectors[place], answer.misses).isEmpty else {
      return CandidateIndex.none
    }
    return HostScore.rank(
      HostScore(
        numbers, vectors[place], answer, siblings: populations[place][service], cluster, settings
      ).total)
  }
}
