// SPDX-License-Identifier: Apache-2.0

/// Which domains a service is spread over, and how.
struct SpreadDomains {
  /// Per domain, its part of all; 0 for one that gets nothing.
  var parts: [Double]
  /// Of each host without the label, for a soft rule.
  var strangerPart: Double
}

/// How one service stands in the domains of one label, when one more instance of it is to be placed.
///
/// With that instance, `n` in all, a domain whose part is `p` is in step with up to `n p` of them, rounded up. With
/// even parts that is the skew of one that other schedulers know.
struct SpreadView {
  let label: Int
  let isHard: Bool
  private let tally: DomainTally
  private let domains: SpreadDomains
  /// Where one instance is about to go.
  private let leaving: Int32?
  /// All instances in the domains that there are, and the one to be placed.
  let total: Int

  init(
    label: Int, isHard: Bool, tally: DomainTally, domains: SpreadDomains, leaving: Int32?
  ) {
    self.label = label
    self.isHard = isHard
    self.tally = tally
    self.domains = domains
    self.leaving = leaving
    var total = 1
    for (domain, part) in domains.parts.enumerated() where part > 0 {
      total += tally[Int32(domain)]
    }
    if let leaving, leaving >= 0, Int(leaving) < domains.parts.count,
      domains.parts[Int(leaving)] > 0
    {
      total -= 1
    }
    self.total = total
  }

  /// 0 for a domain that gets nothing, and for hosts without the label.
  func part(of domain: Int32) -> Double {
    domain >= 0 && Int(domain) < domains.parts.count ? domains.parts[Int(domain)] : 0
  }

  /// How many are in a domain before.
  func count(in domain: Int32) -> Int { tally[domain] - (leaving == domain ? 1 : 0) }

  /// Whether one more in the domain is in step.
  func allows(_ domain: Int32) -> Bool {
    let part = part(of: domain)
    return part > 0 && count(in: domain) < share(of: part)
  }

  /// How many of all, with the one to be placed, a part is, rounded up.
  func share(of part: Double) -> Int {
    // What is whole but for the rounding of the product is whole.
    let exact = Double(total) * part - 1e-9
    let whole = Int(exact)
    return Double(whole) < exact ? whole + 1 : whole
  }

  /// From here on more is not worse.
  static let most = 3

  /// How many more than its part a domain would have; of hosts without the label as if none were there yet.
  func excess(_ domain: Int32) -> Double {
    if domain < 0 { return 1 - Double(total) * domains.strangerPart }
    let part = part(of: domain)
    return part > 0
      ? Double(count(in: domain) + 1) - Double(total) * part : Double(Self.most)
  }
}

extension PlacementEngine {
  /// Which domains each spread rule of a class has.
  ///
  /// A domain is there as long as some host in it could take an instance but for its load: one that passes the filters
  /// of facts, is not down and not closed. So instances of a zone that is lost or drained find a place in the others,
  /// and a zone whose hosts are all tainted does not hold the others back. With shares, the domains are those named,
  /// whether or not they are there: what belongs in a lost zone waits for it where the rule is hard.
  func spreadDomains(_ state: ClassState) -> [SpreadDomains] {
    if state.rules.spreads.isEmpty { return [] }
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
    var leaving = replaced
    if let place = replaced, vectors[place].isDown || populations[place][state.service] == 0 {
      leaving = nil
    }
    return zip(state.rules.spreads, domains).map { rule, domains in
      SpreadView(
        label: rule.label, isHard: rule.isHard, tally: tallies[rule.tally], domains: domains,
        leaving: leaving.map { labels[rule.label].domainOf[$0] })
    }
  }
}
