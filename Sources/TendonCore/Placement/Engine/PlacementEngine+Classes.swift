// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Demands turned into classes.
extension PlacementEngine {
  /// Classes beyond this many of which nothing is placed are forgotten.
  private static let mostIdleClasses = 4096

  /// The class of a demand: hold it, and use it for all instances that ask for the same.
  package mutating func intern(_ demand: PlacementDemand) -> PlacementClass {
    classes[slot(of: demand)]!.handle
  }

  /// Where the class is kept here: its handle may come from an engine that this one is not a copy of, or have been
  /// forgotten meanwhile.
  mutating func slot(of handle: PlacementClass) -> Int {
    if handle.slot < classes.count, let known = classes[handle.slot], known.handle === handle {
      return handle.slot
    }
    return slot(of: handle.demand)
  }

  mutating func slot(of demand: PlacementDemand) -> Int {
    if let known = classIndices[demand] { return known }
    if classIndices.count - freeClasses.count > Self.mostIdleClasses { forgetIdleClasses() }
    let slot = freeClasses.popLast() ?? classes.count
    if slot == classes.count { classes.append(nil) }
    classIndices[demand] = slot
    classes[slot] = makeState(demand, slot: slot)
    return slot
  }

  private mutating func makeState(_ demand: PlacementDemand, slot: Int) -> ClassState {
    let service = index(of: demand.service)
    let rules = makeRules(demand, service: service)
    let needsDevices = demand.countables.sorted.contains { Countables.isDevice($0.name) }
    return ClassState(
      handle: PlacementClass(demand: demand, slot: slot), service: service,
      screen: screen(for: demand),
      numbers: ClassNumbers(
        cpu: demand.cpu.rawValue, memory: demand.memory.rawValue,
        cores: Int32(clamping: demand.cores),
        isPack: (demand.rules.policy ?? settings.policy) == .pack),
      kind: room.join(cpu: demand.cpu.rawValue, memory: demand.memory.rawValue, hosts: vectors),
      amounts: demand.countables.sorted.filter { $0.amount > 0 }.map {
        (index(ofCountable: $0.name), $0.amount)
      },
      needsDevices: needsDevices,
      ports: demand.fixedPorts, perHost: demand.rules.perHost ?? .max,
      rules: rules,
      isPlain: demand.fixedPorts.isEmpty && demand.rules.perHost == nil && !needsDevices
        && rules.hostNears.isEmpty && !rules.spreads.contains { !$0.isHard })
  }

  private mutating func screen(for demand: PlacementDemand) -> Int {
    var screen = HostScreen(of: demand)
    if let known = screenIndices[screen.wishes] { return known }
    for place in slots.indices { screen.set(slots[place]?.facts, host: place) }
    screenIndices[screen.wishes] = screens.count
    screens.append(screen)
    return screens.count - 1
  }

  mutating func index(of service: ServiceName) -> Int {
    if let known = serviceIndices[service] { return known }
    serviceIndices[service] = services.count
    services.append(ServiceSlot(name: service))
    return services.count - 1
  }

  private mutating func index(ofLabel label: String) -> Int {
    if let known = labelIndices[label] { return known }
    var domains = LabelDomains(label: label)
    for place in slots.indices { domains.set(slots[place]?.facts.labels[label], host: place) }
    labelIndices[label] = labels.count
    labels.append(domains)
    return labels.count - 1
  }

  private mutating func makeRules(_ demand: PlacementDemand, service: Int) -> ClassRules {
    var rules = ClassRules()
    for spread in demand.rules.spread {
      let label = index(ofLabel: spread.label)
      rules.spreads.append(
        ClassRules.Spread(
          label: label, tally: tally(of: service, label), isHard: spread.isHard,
          shares: spread.shares))
    }
    for (list, isAway) in [(demand.rules.affinity, false), (demand.rules.antiAffinity, true)] {
      for rule in list {
        guard case .service(let name) = rule.target else { continue }
        let other = index(of: name)
        let label = rule.within.map { index(ofLabel: $0) }
        let near = ClassRules.Near(
          service: other, tally: label.map { tally(of: other, $0) }, label: label ?? -1,
          isHard: rule.isHard, weight: Double(rule.weight) / 100, isAway: isAway)
        if label == nil { rules.hostNears.append(near) } else { rules.domainNears.append(near) }
        if !isAway, rule.isHard, label == nil, other == service {
          services[other].gathersOnHosts = true
        }
        if isAway, rule.isHard {
          rules.repels.append((other, label.map { repulsion(of: other, $0) }))
          if label == nil { services[other].isRepelledOnHosts = true }
        }
      }
    }
    return rules
  }

  /// Where instances of a service are counted by the domains of a label; counts them when nobody did before.
  private mutating func tally(of service: Int, _ label: Int) -> Int {
    if let known = services[service].tallies.first(where: { tallies[$0].label == label }) {
      return known
    }
    var tally = DomainTally(label: label)
    for place in slots.indices {
      guard slots[place] != nil, !vectors[place].isDown else { continue }
      tally.add(populations[place][service], at: labels[label].domainOf[place])
    }
    tallies.append(tally)
    services[service].tallies.append(tallies.count - 1)
    return tallies.count - 1
  }

  /// Where instances are counted that want none of the service in their domain. None is placed yet when the first rule
  /// of that kind comes.
  private mutating func repulsion(of service: Int, _ label: Int) -> Int {
    if let known = services[service].repulsions.first(where: { tallies[$0].label == label }) {
      return known
    }
    tallies.append(DomainTally(label: label))
    services[service].repulsions.append(tallies.count - 1)
    // Trees of the service's classes are laid out by this label from now on.
    structure += 1
    return tallies.count - 1
  }

  /// The labels that decide where a class may go: its trees are one for each combination of their values.
  func domainLabels(of state: ClassState) -> [Int] {
    var found = Set(state.rules.spreads.map(\.label))
    found.formUnion(state.rules.domainNears.map(\.label))
    found.formUnion(services[state.service].repulsions.map { tallies[$0].label })
    return found.sorted()
  }

  private mutating func forgetIdleClasses() {
    var left: [Int] = []
    for slot in classes.indices {
      guard let state = classes[slot], state.placed == 0 else { continue }
      if state.candidates != nil { indexed -= 1 }
      classIndices[state.handle.demand] = nil
      classes[slot] = nil
      freeClasses.append(slot)
      left.append(state.kind)
    }
    room.leave(left, hosts: vectors)
  }
}
