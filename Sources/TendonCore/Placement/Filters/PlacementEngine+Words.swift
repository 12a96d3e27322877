// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// What filters say.
extension PlacementEngine {
  /// What speaks against a host, in words that follow "host1: ".
  func words(
    for misses: Misses, _ slot: Int, _ place: Int, _ context: PlacementContext
  ) -> [String] {
    let state = classes[slot]!
    let demand = state.handle.demand
    let facts = slots[place]!.facts
    let told = misses.told
    var words: [String] = []
    if told.contains(.labels) {
      words += PlacementFilter.labelRefusals(of: demand.hostLabels, by: facts)
      words += demand.rules.constraints.compactMap { $0.refusal(of: facts.labels) }
    }
    if told.contains(.cpuset) {
      words.append("has no cpuset controller, which exclusive cores need")
    }
    if told.contains(.taints) {
      words += facts.taints.filter { $0.effect != .avoid && !demand.rules.tolerates($0) }
        .map { "has the taint \($0)" }
    }
    if told.contains(.state) { words.append("is \(facts.state.rawValue)") }
    if told.contains(.closed) { words.append("is \(facts.closedBecause ?? "closed")") }
    if told.contains(.excluded) {
      words.append(context.excluded[facts.id] ?? "is not one of the hosts in question")
    }
    words += loadWords(told, state, place)
    if told.contains(.perHost) {
      words.append(
        "has \(counted(populations[place][state.service], "instance")) of \(demand.service), and "
          + "placement.per_host is \(state.perHost)")
    }
    if told.contains(.spread) { words += spreadWords(state, place, context) }
    if !told.isDisjoint(with: [.affinity, .antiAffinity]) { words += nearWords(state, place) }
    return words
  }

  private func loadWords(_ misses: Misses, _ state: ClassState, _ place: Int) -> [String] {
    let host = vectors[place]
    let demand = state.handle.demand
    var words: [String] = []
    let held = heldBack(from: state, place)
    if misses.contains(.cpu) {
      words.append(
        Self.words(
          Shortness(
            resource: .cpu, wanted: demand.cpu.rawValue,
            free: host.cpuCapacity - host.cpuUsed - held.cpu, all: host.cpuCapacity,
            held: held.cpu)))
    }
    if misses.contains(.memory) {
      words.append(
        Self.words(
          Shortness(
            resource: .memory, wanted: demand.memory.rawValue,
            free: host.memoryCapacity - host.memoryUsed - held.memory, all: host.memoryCapacity,
            held: held.memory)))
    }
    if misses.contains(.cores) {
      words.append(
        Self.words(
          Shortness(
            resource: .cores, wanted: Int64(demand.cores),
            free: Int64(host.cores - host.coresUsed), all: Int64(host.cores))))
    }
    if misses.contains(.countables) {
      for lack in lackingCountables(state, place) {
        words.append(
          Self.words(
            Shortness(
              resource: .countable(countableNames[lack.countable]), wanted: lack.amount,
              free: lack.free, all: countableBounds[place][lack.countable])))
      }
    }
    if misses.contains(.ports) {
      let taken = slots[place]?.ports ?? [:]
      words += state.ports.filter { taken[$0] != nil }.map { "port \($0) is taken" }
    }
    return words
  }

  private func spreadWords(
    _ state: ClassState, _ place: Int, _ context: PlacementContext
  ) -> [String] {
    let views = spreadViews(
      state, spreadDomains(state), replaced: context.replaces.flatMap { placeOf[$0] })
    return views.filter(\.isHard).compactMap { view in
      let domains = labels[view.label]
      let domain = domains.domainOf[place]
      if view.allows(domain) { return nil }
      guard domain >= 0 else {
        return "has no label \(domains.label), which the service is spread by"
      }
      let value = domains.values[Int(domain)]
      let part = view.part(of: domain)
      if part == 0 { return "\(domains.label) \(value) has no share of the service" }
      let most = view.share(of: part)
      return "\(domains.label) \(value) has \(view.count(in: domain)) of "
        + "\(counted(view.total - 1, "instance")), and its share of \(view.total) is \(most)"
    }
  }

  private func nearWords(_ state: ClassState, _ place: Int) -> [String] {
    let demand = state.handle.demand
    let facts = slots[place]!.facts
    var words: [String] = []
    for (rules, isAway) in [(demand.rules.affinity, false), (demand.rules.antiAffinity, true)] {
      for rule in rules where rule.isHard {
        if case .hosts(let term) = rule.target, term.holds(for: facts.labels) == isAway {
          words.append(
            isAway
              ? "\(term) holds for it, and anti_affinity excludes that"
              : "\(term) does not hold for it, and affinity asks for that")
        }
      }
    }
    for rule in state.rules.hostNears + state.rules.domainNears where rule.isHard {
      let domain = rule.tally == nil ? 0 : labels[rule.label].domainOf[place]
      let count =
        rule.tally.map { tallies[$0][domain] } ?? populations[place][rule.service]
      let name = services[rule.service].name
      let area = area(of: rule.tally == nil ? nil : rule.label, place)
      if rule.isAway, count > 0 {
        words.append(
          "\(area) has \(counted(count, "instance")) of \(name), and anti_affinity excludes that")
      } else if !rule.isAway, count == 0, domain < 0 || !isFirst(rule, of: state) {
        words.append("\(area) has no instance of \(name), and affinity asks for one")
      }
    }
    if services[state.service].isRepelledOnHosts, slots[place]!.repelled[state.service] > 0 {
      words.append("has instances that keep \(demand.service) off their host (anti_affinity)")
    }
    for tally in services[state.service].repulsions {
      let label = tallies[tally].label
      if tallies[tally][labels[label].domainOf[place]] > 0 {
        words.append(
          "\(area(of: label, place)) has instances that keep \(demand.service) away (anti_affinity)"
        )
      }
    }
    return words
  }

  private func area(of label: Int?, _ place: Int) -> String {
    guard let label else { return "this host" }
    let domain = labels[label].domainOf[place]
    return domain < 0
      ? "a host without the label \(labels[label].label)"
      : "\(labels[label].label) \(labels[label].values[Int(domain)])"
  }

  /// What would make a host fit that lacks nothing but room.
  func remedy(_ state: ClassState, _ place: Int, _ misses: Misses) -> String {
    guard !misses.isEmpty, misses.subtracting([.cpu, .memory]).isEmpty else { return "" }
    let host = vectors[place]
    let held = heldBack(from: state, place)
    var wants: [String] = []
    if misses.contains(.cpu) {
      let lack = state.numbers.cpu - (host.cpuCapacity - host.cpuUsed - held.cpu)
      wants.append("\(MilliCPU(min(lack, state.numbers.cpu))) CPU")
    }
    if misses.contains(.memory) {
      let lack = state.numbers.memory - (host.memoryCapacity - host.memoryUsed - held.memory)
      wants.append("\(Bytes(min(lack, state.numbers.memory) + (1 << 20) - 1).rounded) memory")
    }
    return wants.joined(separator: " and ") + " less"
  }
}
