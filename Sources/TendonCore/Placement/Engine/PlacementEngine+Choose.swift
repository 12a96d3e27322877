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

  /// Chooses the best host and reserves there what the instance asks for.
  package mutating func place(_ handle: PlacementClass) throws(PlacementRefusal) -> HostID {
    let slot = slot(of: handle)
    refresh(slot)
    guard let place = best(slot, replaced: nil) else { throw refusal(slot, PlacementContext()) }
    let host = ids[place]!
    if vectors[place].hasHolds {
      change(slot, host, draw(of: handle.demand, on: host), sign: 1)
    } else {
      change(slot, place: place, sign: 1)
    }
    return host
  }

  private mutating func choose(
    slot: Int, _ context: PlacementContext
  ) throws(PlacementRefusal) -> HostID {
    guard let place = best(slot, context) else { throw refusal(slot, context) }
    return ids[place]!
  }

  /// The place of the best host.
  mutating func best(_ slot: Int, _ context: PlacementContext = PlacementContext()) -> Int? {
    refresh(slot)
    if context.isPlain { return best(slot, replaced: nil) }
    if let only = context.only, only.count <= 16 { return best(slot, among: only, context) }
    return bestAnywhere(slot, context)
  }

  /// The ranks of hosts about which something is special are changed for the time of the search.
  private mutating func bestAnywhere(_ slot: Int, _ context: PlacementContext) -> Int? {
    var special: [Int: Int32] = [:]
    let places = context.failedOn.union([context.preferred].compactMap { $0 })
      .compactMap { placeOf[$0] }
    for place in places { special[place] = rank(slot, place, context) }
    for host in context.excluded.keys {
      if let place = placeOf[host] { special[place] = CandidateIndex.none }
    }
    if let only = context.only {
      for (host, place) in placeOf where !only.contains(host) {
        special[place] = CandidateIndex.none
      }
    }
    for (place, rank) in special { setRank(slot, place, rank) }
    let found = best(slot, replaced: context.replaces.flatMap { placeOf[$0] })
    for place in special.keys { setRank(slot, place, rank(slot, place)) }
    return found
  }

  /// The rank of a host with what the context says of it, and without what concerns its whole group.
  private func rank(_ slot: Int, _ place: Int, _ context: PlacementContext) -> Int32 {
    let state = classes[slot]!
    guard hostMisses(state, place).isEmpty else { return CandidateIndex.none }
    let parts = contextParts(slots[place]!.facts.id, context)
    return HostScore.rank(
      parts.reduce(hostScore(state, place).total) { $0 + $1.value })
  }

  private mutating func setRank(_ slot: Int, _ place: Int, _ rank: Int32) {
    let position = layouts[classes[slot]!.candidates!.layout].positions[place]
    classes[slot]!.candidates!.index.set(rank, at: Int(position))
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

  /// The best of the groups' best, with what concerns whole groups.
  private func best(_ slot: Int, replaced: Int?) -> Int? {
    let layout = classes[slot]!.candidates!.layout
    guard !layouts[layout].labels.isEmpty else {
      let group = layouts[layout].groups[0]
      let top = classes[slot]!.candidates!.index.top(group)
      return top == CandidateIndex.none
        ? nil : classes[slot]!.candidates!.index.host(of: group, with: top)
    }
    let state = classes[slot]!
    let (groups, labels) = (layouts[layout].groups, layouts[layout].labels)
    let candidates = state.candidates!
    let views = spreadViews(state, candidates.spreads, replaced: replaced)
    var best: (rank: Int64, top: Int32, group: Int)?
    for (index, group) in groups.enumerated() {
      let top = candidates.index.top(group)
      guard top != CandidateIndex.none,
        domainMisses(state, labels: labels, domains: group.domains, views).isEmpty
      else { continue }
      let shared = domainScore(state, labels: labels, domains: group.domains, views)
      let rank = Int64(top) + Int64(HostScore.rank(shared.spread + shared.affinity))
      if best.map({ rank > $0.rank }) ?? true { best = (rank, top, index) }
    }
    return best.map { candidates.index.host(of: groups[$0.group], with: $0.top) }
  }
}
