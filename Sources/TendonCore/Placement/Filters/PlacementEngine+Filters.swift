// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Which filters a host passes. The trees, the choice and the explanations all ask here.
extension PlacementEngine {
  /// What speaks against a host by itself: its facts, its load and who else is on it.
  @inline(__always)
  func hostMisses(_ state: ClassState, _ place: Int) -> Misses {
    let host = vectors[place]
    var misses = Self.plainMisses(
      state.numbers, host, screens[state.screen].answers[place].misses)
    if host.isSpecial || !state.isPlain || services[state.service].isRepelledOnHosts {
      misses.formUnion(specialMisses(state, place))
    }
    return misses
  }

  /// What the numbers of a host say.
  @inline(__always)
  static func plainMisses(
    _ wanted: ClassNumbers, _ host: HostVector, _ screened: Misses
  ) -> Misses {
    var misses = host.closed.union(screened)
    if wanted.cpu > 0, wanted.cpu > host.cpuCapacity - host.cpuUsed { misses.insert(.cpu) }
    if wanted.memory > 0, wanted.memory > host.memoryCapacity - host.memoryUsed {
      misses.insert(.memory)
    }
    if wanted.cores > 0, host.cores >= 0, wanted.cores > host.cores - host.coresUsed {
      misses.insert(.cores)
    }
    return misses
  }

  /// What has to be looked up.
  func specialMisses(_ state: ClassState, _ place: Int) -> Misses {
    let host = vectors[place]
    let wanted = state.numbers
    var misses: Misses = []
    if host.hasHolds {
      let held = heldBack(from: state, place)
      if wanted.cpu > 0, wanted.cpu > host.cpuCapacity - host.cpuUsed - held.cpu {
        misses.insert(.cpu)
      }
      if wanted.memory > 0, wanted.memory > host.memoryCapacity - host.memoryUsed - held.memory {
        misses.insert(.memory)
      }
    }
    if host.isCounted || state.needsDevices, !lackingCountables(state, place).isEmpty {
      misses.insert(.countables)
    }
    if !state.ports.isEmpty {
      let taken = slots[place]?.ports ?? [:]
      if state.ports.contains(where: { taken[$0] != nil }) { misses.insert(.ports) }
    }
    if state.perHost != .max, populations[place][state.service] >= state.perHost {
      misses.insert(.perHost)
    }
    if !state.rules.hostNears.isEmpty { misses.formUnion(nearMisses(state, place)) }
    if services[state.service].isRepelledOnHosts, (slots[place]?.repelled[state.service] ?? 0) > 0 {
      misses.insert(.antiAffinity)
    }
    return misses
  }

  /// What a host keeps free for others.
  func heldBack(from state: ClassState, _ place: Int) -> (cpu: Int64, memory: Int64) {
    guard let facts = slots[place]?.facts, !facts.holds.isEmpty else { return (0, 0) }
    let held = facts.held(beside: facts.hold(for: state.handle.demand)?.reservation)
    return (held.cpu.rawValue, held.memory.rawValue)
  }

  /// The countables that a host has not enough of, with how much of each is free.
  func lackingCountables(
    _ state: ClassState, _ place: Int
  ) -> [(countable: Int, amount: Int64, free: Int64)] {
    guard let used = slots[place]?.amounts else { return [] }
    return state.amounts.compactMap { countable, amount in
      let bound = countableBounds[place][countable]
      guard bound != .max else { return nil }
      let free = bound - (countable < used.count ? used[countable] : 0)
      return amount > free ? (countable, amount, free) : nil
    }
  }

  /// Hard rules about services on the host itself.
  private func nearMisses(_ state: ClassState, _ place: Int) -> Misses {
    var misses: Misses = []
    for rule in state.rules.hostNears where rule.isHard {
      let count = populations[place][rule.service]
      if rule.isAway {
        if count > 0 { misses.insert(.antiAffinity) }
      } else if count == 0, !isFirst(rule, of: state) {
        misses.insert(.affinity)
      }
    }
    return misses
  }

  /// The first instance of a service that wants to be near itself may be anywhere.
  func isFirst(_ rule: ClassRules.Near, of state: ClassState) -> Bool {
    rule.service == state.service && services[rule.service].total == 0
  }

  /// What speaks against all hosts of a group, which share the values of the labels in the class's rules.
  /// - Parameter domains: the group's domain of each label in `labels`.
  func domainMisses(
    _ state: ClassState, labels: [Int], domains: [Int32], _ spreads: [SpreadView]
  ) -> Misses {
    var misses: Misses = []
    for view in spreads where view.isHard {
      if !view.allows(domains[labels.firstIndex(of: view.label)!]) { misses.insert(.spread) }
    }
    for rule in state.rules.domainNears where rule.isHard {
      let domain = domains[labels.firstIndex(of: rule.label)!]
      let count = tallies[rule.tally!][domain]
      if rule.isAway {
        if count > 0 { misses.insert(.antiAffinity) }
      } else if count == 0, domain < 0 || !isFirst(rule, of: state) {
        misses.insert(.affinity)
      }
    }
    for tally in services[state.service].repulsions {
      let label = tallies[tally].label
      if tallies[tally][domains[labels.firstIndex(of: label)!]] > 0 {
        misses.insert(.antiAffinity)
      }
    }
    return misses
  }
}
