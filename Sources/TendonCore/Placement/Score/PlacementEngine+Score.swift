// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// How good a host is.
extension PlacementEngine {
  /// Too little to outweigh anything but equality.
  private static let tieWeight = 1e-7

  /// The part of the score that a host's own facts and load decide.
  @inline(__always)
  func hostScore(_ state: ClassState, _ place: Int) -> HostScore {
    let host = vectors[place]
    let cpu = Double(host.cpuUsed + state.cpu) * host.cpuUnit
    let memory = Double(host.memoryUsed + state.memory) * host.memoryUnit
    let answer = screens[state.screen].answers[place]
    var score = HostScore()
    let dominant = max(cpu, memory)
    let siblings = self.siblings(state, place)
    if state.isPack {
      score.load = settings.balance * packFit(state, host)
      score.stranding = -settings.packStranding * abs(cpu - memory)
      score.siblings = -Self.tieWeight * Double(siblings)
    } else {
      score.load = -settings.balance * dominant
      score.stranding = -settings.stranding * abs(cpu - memory)
      score.siblings = -settings.siblings * Double(siblings) / Double(siblings + 1)
      score.instances = -Self.tieWeight * Double(host.instances)
    }
    for shape in room.shapes where shape.isScarce || state.isPack {
      if RoomKeeper.fits(shape, host),
        !RoomKeeper.fits(shape, host, moreCPU: state.cpu, moreMemory: state.memory)
      {
        score.room -= state.isPack ? settings.packRoom : settings.room
      }
    }
    score.affinity = settings.affinity * Double(answer.affinity)
    score.avoid = -settings.avoid * Double(answer.avoided)
    score.kernel = -settings.kernel * Double(answer.lacking)
    if !state.rules.hostNears.isEmpty {
      for rule in state.rules.hostNears where !rule.isHard {
        score.affinity += near(rule, slots[place]?.services[rule.service] ?? 0)
      }
    }
    if !state.rules.spreads.isEmpty {
      for rule in state.rules.spreads where !rule.isHard && labels[rule.label].domainOf[place] < 0 {
        score.spread -= settings.spread * Double(min(siblings, SpreadView.most))
      }
    }
    return score
  }

  /// How well an instance fills what is left of a host.
  @inline(__always)
  private func packFit(_ state: ClassState, _ host: HostVector) -> Double {
    let cpu = Double(host.cpuUsed + state.cpu) * host.cpuUnit
    let memory = Double(host.memoryUsed + state.memory) * host.memoryUnit
    return max(cpu, memory)
  }

  /// What a soft rule counts: near one instance as good as near many, away from many better than from one.
  func near(_ rule: ClassRules.Near, _ count: Int) -> Double {
    if rule.isAway { return -settings.affinity * rule.weight * Double(count) / Double(count + 1) }
    return count > 0 ? settings.affinity * rule.weight : 0
  }

  /// The part of the score that all hosts of a group share.
  func domainScore(
    _ state: ClassState, labels: [Int], domains: [Int32], _ spreads: [SpreadView]
  ) -> (spread: Double, affinity: Double) {
    var spread = 0.0
    var affinity = 0.0
    let most = Double(SpreadView.most)
    for view in spreads {
      let excess = view.excess(domains[labels.firstIndex(of: view.label)!])
      spread -= settings.spread * min(max(excess, -most), most)
    }
    for rule in state.rules.domainNears where !rule.isHard {
      affinity += near(rule, tallies[rule.tally!][domains[labels.firstIndex(of: rule.label)!]])
    }
    return (spread, affinity)
  }

  /// What the trees hold of a host.
  @inline(__always)
  func leaf(_ state: ClassState, _ place: Int) -> Double {
    hostMisses(state, place).isEmpty ? hostScore(state, place).total : -.infinity
  }

  /// Takes a new class's shape into account where it is the largest yet.
  mutating func noteRoom(for state: ClassState) {
    var wanted = room.shapes.map { (cpu: $0.cpu, memory: $0.memory) }
    let isLargest =
      !wanted.contains { $0.cpu >= state.cpu } || !wanted.contains { $0.memory >= state.memory }
    guard isLargest, state.cpu > 0 || state.memory > 0 else { return }
    wanted.append((state.cpu, state.memory))
    let cpu = wanted.max { ($0.cpu, $0.memory) < ($1.cpu, $1.memory) }!
    let memory = wanted.max { ($0.memory, $0.cpu) < ($1.memory, $1.cpu) }!
    room.scarceAt = Int(settings.roomKept * Double(placeOf.count))
    room.set(cpu == memory ? [cpu] : [cpu, memory], hosts: vectors)
  }
}
