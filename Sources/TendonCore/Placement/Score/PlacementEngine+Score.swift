// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// How good a host is.
extension PlacementEngine {
  /// The part of the score that a host's own facts and load decide.
  @inline(__always)
  func hostScore(_ state: ClassState, _ place: Int) -> HostScore {
    let siblings = populations[place][state.service]
    var score = HostScore(
      state.numbers, vectors[place], screens[state.screen].answers[place], siblings: siblings,
      room.view(for: state.numbers, settings), settings)
    for rule in state.rules.hostNears where !rule.isHard {
      score.affinity += near(rule, populations[place][rule.service])
    }
    for rule in state.rules.spreads where !rule.isHard && labels[rule.label].domainOf[place] < 0 {
      score.spread -= settings.spread * Double(min(siblings, SpreadView.most))
    }
    return score
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

  /// What the candidates hold of a host.
  func rank(_ slot: Int, _ place: Int) -> Int32 {
    let state = classes[slot]!
    return hostMisses(state, place).isEmpty
      ? HostScore.rank(hostScore(state, place).total) : CandidateIndex.none
  }
}
