// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// The decision.
extension PlacementEngine {
  /// The best host for one more instance; nothing is reserved.
  package mutating func choose(
    for demand: PlacementDemand, context: PlacementContext = PlacementContext()
  ) throws(PlacementRefusal) -> HostID {
    try choose(slot: slot(of: demand), context)
  }

  package mutating func choose(
    for handle: PlacementClass, context: PlacementContext = PlacementContext()
  ) throws(PlacementRefusal) -> HostID {
    try choose(slot: slot(of: handle), context)
  }

  private mutating func choose(
    slot: Int, _ context: PlacementContext
  ) throws(PlacementRefusal) -> HostID {
    guard let place = best(slot, context) else { throw refusal(slot, context) }
    return slots[place]!.facts.id
  }

  /// The place of the best host.
  mutating func best(_ slot: Int, _ context: PlacementContext = PlacementContext()) -> Int? {
    refresh(slot)
    if context.isPlain { return best(slot, replaced: nil)?.place }
    if let only = context.only, only.count <= 16 { return best(slot, among: only, context) }
    return bestAnywhere(slot, context)
  }

  /// The leaves of hosts about which something is special are changed for the time of the search.
  private mutating func bestAnywhere(_ slot: Int, _ context: PlacementContext) -> Int? {
    var special: [Int: Double] = [:]
    let state = classes[slot]!
    for host in context.failedOn {
      if let place = placeOf[host] { special[place] = leaf(state, place) - settings.failure }
    }
    if let preferred = context.preferred.flatMap({ placeOf[$0] }) {
      special[preferred, default: leaf(state, preferred)] += settings.stickiness
    }
    for host in context.excluded.keys {
      if let place = placeOf[host] { special[place] = -.infinity }
    }
    if let only = context.only {
      for (host, place) in placeOf where !only.contains(host) { special[place] = -.infinity }
    }
    for (place, score) in special { setLeaf(slot, place, score) }
    let found = best(slot, replaced: context.replaces.flatMap { placeOf[$0] })
    for place in special.keys { setLeaf(slot, place, leaf(state, place)) }
    return found?.place
  }

  private mutating func setLeaf(_ slot: Int, _ place: Int, _ score: Double) {
    let layout = layouts[classes[slot]!.candidates!.layout]
    classes[slot]!.candidates!.index.set(
      score, leaf: Int(layout.leaves[place]),
      base: layout.base(of: place))
  }

  private func best(_ slot: Int, among hosts: Set<HostID>, _ context: PlacementContext) -> Int? {
    var best: (score: Double, place: Int)?
    for place in hosts.compactMap({ placeOf[$0] }).sorted() {
      guard misses(slot, place, context).isEmpty else { continue }
      let score = parts(slot, place, context).reduce(0) { $0 + $1.value }
      if best.map({ score > $0.score }) ?? true { best = (score, place) }
    }
    return best?.place
  }

  /// The best of the trees' tops, with what concerns whole groups.
  private func best(_ slot: Int, replaced: Int?) -> (place: Int, score: Double)? {
    let candidates = classes[slot]!.candidates!
    let layout = layouts[candidates.layout]
    if layout.labels.isEmpty {
      guard let group = layout.groups.first else { return nil }
      let top = candidates.index.top(group)
      return top == -.infinity ? nil : (candidates.index.best(group), top)
    }
    let state = classes[slot]!
    let views = spreadViews(state, candidates.spreads, replaced: replaced)
    var best: (score: Double, group: Int)?
    for (index, group) in layout.groups.enumerated() {
      let top = candidates.index.top(group)
      guard top > -.infinity,
        domainMisses(state, labels: layout.labels, domains: group.domains, views).isEmpty
      else { continue }
      let shared = domainScore(state, labels: layout.labels, domains: group.domains, views)
      let score = top + shared.spread + shared.affinity
      if best.map({ score > $0.score }) ?? true { best = (score, index) }
    }
    return best.map { (candidates.index.best(layout.groups[$0.group]), $0.score) }
  }
}
