// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Those wishes of a demand that facts of a host alone answer, looked at once for each host: shared by all classes that
/// have the same.
struct HostScreen {
  struct Wishes: Hashable {
    var labels: [String: String]
    var constraints: [LabelTerm]
    var tolerations: [Toleration]
    var needsCpuset: Bool
    var controllers: [String]
    /// Affinity to hosts, and from them.
    var near: [AffinityRule]
    var away: [AffinityRule]
  }

  /// What one host answers.
  struct Answer: Hashable {
    var misses: Misses = []
    /// How much soft affinity to it there is: the sum of the weights, 0.01 to 1 each, those against it taken off.
    var affinity: Float = 0
    /// How many taints it has that ask to avoid it.
    var avoided: Int8 = 0
    /// How many controllers it lacks.
    var lacking: Int8 = 0

    /// Whether it counts in the score.
    var isMarked: Bool { affinity != 0 || avoided != 0 || lacking != 0 }
  }

  let wishes: Wishes
  private(set) var answers: [Answer] = []

  init(_ wishes: Wishes) { self.wishes = wishes }

  init(of demand: PlacementDemand) {
    func hosts(_ rules: [AffinityRule]) -> [AffinityRule] {
      rules.filter { if case .hosts = $0.target { true } else { false } }
    }
    self.init(
      Wishes(
        labels: demand.hostLabels, constraints: demand.rules.constraints,
        tolerations: demand.rules.tolerations, needsCpuset: demand.cores > 0,
        controllers: demand.controllers, near: hosts(demand.rules.affinity),
        away: hosts(demand.rules.antiAffinity)))
  }

  mutating func set(_ facts: PlacementHost?, host: Int) {
    while answers.count <= host { answers.append(Answer()) }
    answers[host] = facts.map(wishes.answer) ?? Answer()
  }
}

extension HostScreen.Wishes {
  func answer(of host: PlacementHost) -> HostScreen.Answer {
    var answer = HostScreen.Answer()
    if !labels.allSatisfy({ host.labels[$0] == $1 })
      || !constraints.allSatisfy({ $0.holds(for: host.labels) })
    {
      answer.misses.insert(.labels)
    }
    for taint in host.taints where !tolerations.contains(where: { $0.covers(taint) }) {
      if taint.effect == .avoid {
        answer.avoided += answer.avoided < 100 ? 1 : 0
      } else {
        answer.misses.insert(.taints)
      }
    }
    if needsCpuset, host.exclusiveCores == nil { answer.misses.insert(.cpuset) }
    if let known = host.controllers {
      answer.lacking = Int8(clamping: controllers.count { !known.contains($0) })
    }
    for (rules, sign) in [(near, Float(1)), (away, -1)] {
      for case let rule in rules {
        guard case .hosts(let term) = rule.target else { continue }
        let holds = term.holds(for: host.labels)
        if !rule.isHard {
          if holds { answer.affinity += sign * Float(rule.weight) / 100 }
        } else if holds != (sign > 0) {
          answer.misses.insert(sign > 0 ? .affinity : .antiAffinity)
        }
      }
    }
    return answer
  }
}
