// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Why a host was chosen, or is not.
extension PlacementEngine {
  /// Everything that speaks against one more instance on a host, in words that follow "host1: "; empty when it fits.
  package mutating func refusals(
    of demand: PlacementDemand, by host: HostID, context: PlacementContext = PlacementContext()
  ) -> [String] {
    guard let place = placeOf[host] else { return ["has not joined the cluster"] }
    let slot = slot(of: demand)
    return words(for: misses(slot, place, context), slot, place, context)
  }

  /// The best hosts for one more instance, best first, with the parts of their scores.
  package mutating func scores(
    for demand: PlacementDemand, best count: Int = 5,
    context: PlacementContext = PlacementContext()
  ) -> [PlacementScore] {
    let slot = slot(of: demand)
    var found: [(place: Int, score: PlacementScore)] = []
    for place in slots.indices where slots[place] != nil {
      guard misses(slot, place, context).isEmpty else { continue }
      var parts = parts(slot, place, context)
      let total = parts.reduce(0) { $0 + $1.value }
      parts.sort { (abs($0.value), $1.name) > (abs($1.value), $0.name) }
      let score = PlacementScore(host: slots[place]!.facts.id, total: total, parts: parts)
      found.append((place, score))
    }
    found.sort { ($0.score.total, $1.place) > ($1.score.total, $0.place) }
    return found.prefix(count).map(\.score)
  }

  /// All filters that a host does not pass.
  func misses(_ slot: Int, _ place: Int, _ context: PlacementContext) -> Misses {
    let state = classes[slot]!
    var misses = hostMisses(state, place)
    let labels = domainLabels(of: state)
    if !labels.isEmpty {
      misses.formUnion(
        domainMisses(
          state, labels: labels, domains: labels.map { self.labels[$0].domainOf[place] },
          views(state, context)))
    }
    let id = slots[place]!.facts.id
    if context.excluded[id] != nil || context.only.map({ !$0.contains(id) }) ?? false {
      misses.insert(.excluded)
    }
    return misses
  }

  private func views(_ state: ClassState, _ context: PlacementContext) -> [SpreadView] {
    if state.rules.spreads.isEmpty { return [] }
    return spreadViews(
      state, spreadDomains(state), replaced: context.replaces.flatMap { placeOf[$0] })
  }

  func parts(_ slot: Int, _ place: Int, _ context: PlacementContext) -> [PlacementScore.Part] {
    let state = classes[slot]!
    var score = hostScore(state, place)
    let labels = domainLabels(of: state)
    if !labels.isEmpty {
      let shared = domainScore(
        state, labels: labels, domains: labels.map { self.labels[$0].domainOf[place] },
        views(state, context))
      score.spread += shared.spread
      score.affinity += shared.affinity
    }
    return score.parts(isPack: state.numbers.isPack)
      + contextParts(slots[place]!.facts.id, context)
  }

  func contextParts(_ id: HostID, _ context: PlacementContext) -> [PlacementScore.Part] {
    var parts: [PlacementScore.Part] = []
    if context.preferred == id {
      parts.append(PlacementScore.Part(name: "stickiness", value: settings.stickiness))
    }
    if context.failedOn.contains(id) {
      parts.append(PlacementScore.Part(name: "failure", value: -settings.failure))
    }
    return parts
  }

  /// Looks at every host for what rules it out.
  func refusal(_ slot: Int, _ context: PlacementContext) -> PlacementRefusal {
    var counts: [Int] = Array(repeating: 0, count: Misses.names.count)
    var all: Misses = []
    var nearest: (lack: Double, place: Int)?
    let state = classes[slot]!
    for place in slots.indices where slots[place] != nil {
      let misses = misses(slot, place, context)
      let told = misses.told
      all.formUnion(told)
      for (index, entry) in Misses.names.enumerated() where told.contains(entry.miss) {
        counts[index] += 1
      }
      let lack = self.lack(state, place, misses)
      if nearest.map({ lack < $0.lack }) ?? true { nearest = (lack, place) }
    }
    func reason(_ place: Int) -> PlacementRefusal.Reason {
      PlacementRefusal.Reason(
        host: slots[place]!.facts.id,
        why: words(for: misses(slot, place, context), slot, place, context))
    }
    let shown = placeOf.sorted { $0.key < $1.key }.prefix(PlacementRefusal.most)
    return PlacementRefusal(
      hostCount: placeOf.count, reasons: shown.map { reason($0.value) },
      counts: zip(Misses.names, counts).filter { $0.1 > 0 }
        .map { PlacementRefusal.Count(filter: $0.0.name, hosts: $0.1) }
        .sorted { $0.hosts > $1.hosts },
      nearest: nearest.map { reason($0.place) },
      remedy: nearest.map { remedy(state, $0.place, misses(slot, $0.place, context)) } ?? "",
      misses: all)
  }

  /// How far a host is from fitting: each filter that load does not pass counts 1,000, what is missing of CPU and memory
  /// its part of what is asked for, any other shortage 1.
  private func lack(_ state: ClassState, _ place: Int, _ misses: Misses) -> Double {
    let host = vectors[place]
    var lack = 1000 * Double(misses.subtracting(.load).rawValue.nonzeroBitCount)
    if misses.contains(.cpu) {
      lack +=
        Double(state.numbers.cpu - host.cpuCapacity + host.cpuUsed) / Double(state.numbers.cpu)
    }
    if misses.contains(.memory) {
      lack +=
        Double(state.numbers.memory - host.memoryCapacity + host.memoryUsed)
        / Double(state.numbers.memory)
    }
    for other in [Misses.cores, .countables, .ports] where misses.contains(other) { lack += 1 }
    return lack
  }
}
