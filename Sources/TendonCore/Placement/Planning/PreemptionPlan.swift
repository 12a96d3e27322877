// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// An instance that may be stopped so that a more important one finds room.
package struct PreemptionCandidate: Hashable, Sendable {
  package var instance: PlacedInstance
  package var placedAt: Timestamp
  /// Whether the disruption budget of its service lets it be stopped now.
  package var isAllowed: Bool

  package init(_ instance: PlacedInstance, placedAt: Timestamp, isAllowed: Bool = true) {
    self.instance = instance
    self.placedAt = placedAt
    self.isAllowed = isAllowed
  }
}

extension PreemptionCandidate {
  package var epoch: Epoch { instance.epoch }
  package var demand: PlacementDemand { instance.demand }
}

/// Which instances have to be stopped on which host so that another fits there.
package struct PreemptionPlan: Hashable, Sendable {
  package var host: HostID
  package var victims: [PreemptionCandidate]
}

extension PlacementEngine {
  /// How room is made for an instance that fits nowhere: on the host where the fewest instances have to be stopped, of
  /// those the least important, then the youngest. Only instances of strictly lower priority are stopped, and none
  /// whose budget forbids it unless the priority overrides budgets. nil where that makes no room.
  /// - Parameters:
  ///   - hosts: where room may be made; of those that are alike the first is taken.
  ///   - candidates: what may be stopped on a host. Asked for one host at a time: those of all are as many as the
  ///     cluster has instances.
  package mutating func preemption(
    for demand: PlacementDemand, on hosts: [HostID], context: PlacementContext = PlacementContext(),
    among candidates: (HostID) -> [PreemptionCandidate]
  ) -> PreemptionPlan? {
    let slot = slot(of: demand)
    var best: (cost: PreemptionCost, plan: PreemptionPlan)?
    for host in hosts {
      guard let place = placeOf[host],
        misses(slot, place, context).subtracting(.load).isEmpty
      else { continue }
      let own = slots[place]!.facts.hold(for: demand)?.reservation
      let willing = candidates(host).filter {
        $0.demand.priority < demand.priority
          && ($0.isAllowed || demand.priority.overridesBudgets)
          // Room that others hold falls back to them.
          && ($0.instance.draw == nil || $0.instance.draw?.reservation == own)
      }
      guard let victims = victims(among: willing, slot, place, atMost: best?.plan.victims.count)
      else { continue }
      let cost = PreemptionCost(victims)
      guard best.map({ cost < $0.cost }) ?? true else { continue }
      if fits(slot, place, without: victims, context) {
        best = (cost, PreemptionPlan(host: host, victims: victims))
      }
    }
    return best?.plan
  }

  /// Whether the instance fits once others are gone: it may need to be near one of them.
  private mutating func fits(
    _ slot: Int, _ place: Int, without victims: [PreemptionCandidate], _ context: PlacementContext
  ) -> Bool {
    for victim in victims { remove(victim.instance) }
    defer { for victim in victims { add(victim.instance) } }
    return misses(slot, place, context).isEmpty
  }

  /// The fewest found on one host: again and again the one that helps most, then without those that turn out not to be
  /// needed.
  /// - Parameter limit: more are of no use.
  private func victims(
    among candidates: [PreemptionCandidate], _ slot: Int, _ place: Int, atMost limit: Int?
  ) -> [PreemptionCandidate]? {
    var shortage = shortage(classes[slot]!, place)
    let gains = candidates.map { Gain($0.demand) }
    let most = Gain(most: gains)
    if let limit, shortage.leastCount(most) > limit { return nil }
    let costs = candidates.map { PreemptionCost($0) }
    // The cheapest first, so that of those that help alike it is taken.
    var left = candidates.indices.sorted { costs[$0] < costs[$1] }
    var chosen: [Int] = []
    while !shortage.isMet {
      let bound = shortage.isPlain ? shortage.help(by: most) : .infinity
      var best: (help: Double, place: Int)?
      for (place, index) in left.enumerated() {
        let help = shortage.help(by: gains[index])
        if help > best?.help ?? 0 { best = (help, place) }
        // Where all are alike it is the first.
        if help >= bound { break }
      }
      guard let best else { return nil }
      let one = left.remove(at: best.place)
      shortage.count(gains[one], sign: -1)
      chosen.append(one)
    }
    for index in chosen.sorted(by: { costs[$1] < costs[$0] }) {
      var without = shortage
      without.count(gains[index], sign: 1)
      guard without.isMet else { continue }
      shortage = without
      chosen.removeAll { $0 == index }
    }
    return chosen.map { candidates[$0] }
  }

  private func shortage(_ state: ClassState, _ place: Int) -> Shortage {
    let host = vectors[place]
    let held = heldBack(from: state, place)
    let (cpu, memory) = (state.numbers.cpu, state.numbers.memory)
    let taken = slots[place]?.ports ?? [:]
    var shortage = Shortage()
    if cpu > 0 { shortage.cpu = cpu - host.cpuCapacity + host.cpuUsed + held.cpu }
    if memory > 0 {
      shortage.memory = memory - host.memoryCapacity + host.memoryUsed + held.memory
    }
    if state.numbers.cores > 0 {
      shortage.cores = Int(state.numbers.cores - max(0, host.cores) + host.coresUsed)
    }
    for lack in lackingCountables(state, place) {
      shortage.countables[countableNames[lack.countable]] = lack.amount - lack.free
    }
    for port in state.ports { shortage.ports[port] = taken[port] ?? 0 }
    return shortage
  }
}

/// What is free again when an instance is gone.
private struct Gain {
  let cpu: Int64
  let memory: Int64
  let cores: Int
  let countables: Countables
  let ports: [UInt16]

  init(_ demand: PlacementDemand) {
    cpu = demand.cpu.rawValue
    memory = demand.memory.rawValue
    cores = demand.cores
    countables = demand.countables
    ports = demand.fixedPorts
  }

  /// As much CPU, memory and cores as any of them.
  init(most gains: [Gain]) {
    cpu = gains.map(\.cpu).max() ?? 0
    memory = gains.map(\.memory).max() ?? 0
    cores = gains.map(\.cores).max() ?? 0
    countables = Countables()
    ports = []
  }
}

/// What a host lacks for an instance; what is not more than 0 it does not lack.
private struct Shortage {
  var cpu: Int64 = 0
  var memory: Int64 = 0
  var cores = 0
  var countables: [String: Int64] = [:]
  /// How many placements hold each port.
  var ports: [UInt16: Int] = [:]

  var isMet: Bool {
    cpu <= 0 && memory <= 0 && cores <= 0 && countables.values.allSatisfy { $0 <= 0 }
      && ports.values.allSatisfy { $0 <= 0 }
  }

  /// Whether it is of CPU, memory and cores only.
  var isPlain: Bool { countables.isEmpty && ports.isEmpty }

  /// What part of the shortages ends with an instance, 1 for each.
  func help(by gain: Gain) -> Double {
    func part(_ freed: Int64, _ lacking: Int64) -> Double {
      lacking > 0 ? Double(min(freed, lacking)) / Double(lacking) : 0
    }
    var help = part(gain.cpu, cpu) + part(gain.memory, memory)
    help += part(Int64(gain.cores), Int64(cores))
    for (name, lacking) in countables { help += part(gain.countables[name], lacking) }
    for (port, holders) in ports where gain.ports.contains(port) {
      help += part(1, Int64(holders))
    }
    return help
  }

  /// One instance more, or one less.
  mutating func count(_ gain: Gain, sign: Int) {
    cpu += Int64(sign) * gain.cpu
    memory += Int64(sign) * gain.memory
    cores += sign * gain.cores
    for name in countables.keys { countables[name]! += Int64(sign) * gain.countables[name] }
    for port in gain.ports where ports[port] != nil { ports[port]! += sign }
  }

  /// With fewer gone there is not enough CPU or memory, where none gains more than `most`.
  func leastCount(_ most: Gain) -> Int {
    func count(_ lacking: Int64, _ most: Int64) -> Int {
      lacking <= 0 ? 0 : most <= 0 ? .max : Int((lacking + most - 1) / most)
    }
    return max(count(cpu, most.cpu), count(memory, most.memory))
  }
}

/// What stopping some instances costs: how many they are, how important the most important is, how long the oldest has
/// been there.
private struct PreemptionCost: Comparable {
  private let count: Int
  private let priority: Priority
  private let oldest: Timestamp?

  init(_ victim: PreemptionCandidate) {
    (count, priority, oldest) = (1, victim.demand.priority, victim.placedAt)
  }

  init(_ victims: [PreemptionCandidate]) {
    count = victims.count
    priority = victims.map(\.demand.priority).max() ?? .normal
    oldest = victims.map(\.placedAt).min()
  }

  static func < (left: Self, right: Self) -> Bool {
    if left.count != right.count { return left.count < right.count }
    if left.priority != right.priority { return left.priority < right.priority }
    guard let one = left.oldest, let other = right.oldest else { return false }
    return one > other
  }
}
