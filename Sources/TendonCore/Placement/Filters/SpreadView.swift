// SPDX-License-Identifier: Apache-2.0

/// How one service stands in the domains of one label, when one more instance of it is to be placed.
///
/// With an instance more, `n` in all, a domain whose part is `p` is in step with up to `n p` rounded up. Even
/// parts make that the known skew of one.
struct SpreadView {
  let label: Int
  let isHard: Bool
  /// How many are in each domain that there is, before.
  let counts: [Int]
  /// All of them, and the one to be placed.
  let total: Int
  let domains: SpreadDomains

  /// Whether one more in the domain is in step.
  func allows(_ domain: Int32) -> Bool {
    guard domain >= 0, Int(domain) < domains.parts.count else { return false }
    let part = domains.parts[Int(domain)]
    guard part > 0 else { return false }
    return counts[Int(domain)] < share(of: part)
  }

  /// How many of all, with the one to be placed, a part is, rounded up.
  func share(of part: Double) -> Int {
    // What is whole but for the rounding of the product is whole.
    let exact = Double(total) * part - 1e-9
    let whole = Int(exact)
    return Double(whole) < exact ? whole + 1 : whole
  }

  /// How many more than its part a domain would have; of hosts without the label as if none were there yet.
  func excess(_ domain: Int32) -> Double {
    guard domain >= 0, Int(domain) < domains.parts.count else {
      return 1 - Double(total) * domains.strangerPart
    }
    let part = domains.parts[Int(domain)]
    if part == 0 { return Double(Self.most) }
    return Double(counts[Int(domain)] + 1) - Double(total) * part
  }

  /// From here on more is not worse.
  static let most = 3
}

extension PlacementEngine {
  /// Which domains each spread rule of a class has.
  ///
  /// A domain is there as long as some host in it could take an instance but for its load: one that passes the filters
  /// of facts, is not down and not closed. So instances of a zone that is lost or drained find a place in the others,
  /// and a zone whose hosts are all tainted does not hold the others back. With shares, the domains are those named,
  /// whether or not they are there: what belongs in a lost zone waits for it where the rule is hard.
  func spreadDomains(_ state: ClassState) -> [SpreadDomains] {
    let answers = screens[state.screen].answers
    return state.rules.spreads.map { rule in
      let domains = labels[rule.label]
      var parts = Array(repeating: 0.0, count: domains.values.count)
      if !rule.shares.isEmpty {
        let sum = Double(rule.shares.values.reduce(0, +))
        for (value, share) in rule.shares {
          if let domain = domains.index(of: value) { parts[domain] = Double(share) / sum }
        }
        return SpreadDomains(parts: parts, strangerPart: 0)
      }
      var strangers = 0
      for place in slots.indices {
        let host = vectors[place]
        guard slots[place] != nil, !host.isDown, !host.closed.contains(.closed),
          answers[place].misses.isEmpty
        else { continue }
        let domain = domains.domainOf[place]
        if domain >= 0 { parts[Int(domain)] = 1 } else { strangers += 1 }
      }
      let count = parts.reduce(0, +) + (rule.isHard ? 0 : Double(strangers))
      let part = count > 0 ? 1 / count : 0
      return SpreadDomains(parts: parts.map { $0 * part }, strangerPart: part)
    }
  }

  /// - Parameter replaced: the place of a host one of whose instances is about to go.
  func spreadViews(
    _ state: ClassState, _ domains: [SpreadDomains], replaced: Int?
  ) -> [SpreadView] {
    zip(state.rules.spreads, domains).map { rule, domains in
      let tally = tallies[rule.tally]
      var counts = domains.parts.indices.map { tally[Int32($0)] }
      if let replaced, !vectors[replaced].isDown, siblings(state, replaced) > 0 {
        let domain = Int(labels[rule.label].domainOf[replaced])
        if domain >= 0, domain < counts.count { counts[domain] -= 1 }
      }
      var total = 1
      for (count, part) in zip(counts, domains.parts) where part > 0 { total += count }
      return SpreadView(
        label: rule.label, isHard: rule.isHard, counts: counts, total: total, domains: domains)
    }
  }
}
