// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Moves that make the load of hosts more alike.
package struct RebalancePlan: Hashable, Sendable {
  package struct Move: Hashable, Sendable {
    package var epoch: Epoch
    package var from: HostID
    package var to: HostID
  }

  package var moves: [Move] = []
  /// The coefficient of variation of the dominant shares of all hosts that are open, before and after.
  package var imbalanceBefore = 0.0
  package var imbalanceAfter = 0.0
}

extension PlacementEngine {
  /// The coefficient of variation of the dominant shares of all hosts that take instances: 0 when all are alike.
  package var imbalance: Double {
    let shares = openPlaces.map(dominantShare)
    let mean = shares.reduce(0, +) / Double(max(1, shares.count))
    guard mean > 0 else { return 0 }
    let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(shares.count)
    return variance.squareRoot() / mean
  }

  /// The hosts whose dominant share is larger by `gap` or more than the lowest of those that take instances; empty where
  /// no two are `rebalanceStart` apart.
  package func hostsAboveLowest(by gap: Double) -> [HostID] {
    let all = vectors.indices.filter { slots[$0] != nil }
    guard let lowest = openPlaces.map(dominantShare).min(),
      lowest <= highestTarget(by: settings.rebalanceStart),
      let highest = all.map(dominantShare).max(), highest - lowest >= settings.rebalanceStart
    else { return [] }
    return all.filter { dominantShare($0) - lowest >= gap }.map { slots[$0]!.facts.id }
  }

  /// Where instances are put together, only what is emptier than hosts are before that gets more by balancing.
  private func highestTarget(by gap: Double) -> Double {
    isFilling ? settings.fillFrom - gap : .infinity
  }

  private var isFilling: Bool { room.fill(settings) > 0 }

  /// The emptiest of the hosts that take instances, as many as are looked at one by one.
  private func emptiestHosts(upTo most: Double) -> Set<HostID> {
    Set(
      openPlaces.filter { dominantShare($0) <= most }.sorted {
        (dominantShare($0), $0) < (dominantShare($1), $1)
      }.prefix(16)
        .map { slots[$0]!.facts.id })
  }

  /// The places of hosts that take instances.
  private var openPlaces: [Int] {
    vectors.indices.filter { slots[$0] != nil && vectors[$0].closed.isEmpty }
  }

  func dominantShare(_ place: Int) -> Double {
    let host = vectors[place]
    return max(Double(host.cpuUsed) * host.cpuUnit, Double(host.memoryUsed) * host.memoryUnit)
  }

  /// At most `most` moves, from the fullest hosts to those that are best for the instances.
  ///
  /// With each move the fuller host of the two ends up emptier, and the other one still emptier than that was: the
  /// loads in falling order become smaller with each move, so that moves come to an end and none is ever taken back. A
  /// plan begins only with a move across `rebalanceStart`, and goes on down to `rebalanceStop`; so what it has settled
  /// is not touched again for a small difference. Instances of services that are packed are not moved.
  package func rebalance(_ instances: [PlacedInstance], most: Int) -> RebalancePlan {
    var trial = self
    var plan = RebalancePlan(imbalanceBefore: imbalance)
    var book = MovableBook(
      instances.filter { instance in
        (instance.demand.rules.policy ?? settings.policy) == .balance
          && placeOf[instance.host] != nil
      })
    while plan.moves.count < most, let move = trial.nextMove(&book, isFirst: plan.moves.isEmpty) {
      plan.moves.append(move)
    }
    plan.imbalanceAfter = plan.moves.isEmpty ? plan.imbalanceBefore : trial.imbalance
    return plan
  }

  /// Makes the best move from the fullest host that there is a move from.
  private mutating func nextMove(_ book: inout MovableBook, isFirst: Bool) -> RebalancePlan.Move? {
    let gap = isFirst ? settings.rebalanceStart : settings.rebalanceStop
    let sources = book.hosts.compactMap { host in placeOf[host].map { (host, dominantShare($0)) } }
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    let lowest = openPlaces.map(dominantShare).min() ?? 0
    guard lowest <= highestTarget(by: gap) else { return nil }
    let targets = isFilling ? emptiestHosts(upTo: highestTarget(by: gap)) : nil
    for (host, share) in sources {
      if share - lowest < gap { return nil }
      var found: (share: Double, index: Int, to: HostID)?
      for (index, instance) in book.kinds(on: host) {
        remove(instance.demand, from: host)
        defer { add(instance.demand, on: host) }
        var context = PlacementContext()
        context.excluded = [host: "is where it is now"]
        context.only = targets
        guard let to = best(slot(of: instance.demand), context) else { continue }
        let vector = vectors[to]
        let after = max(
          Double(vector.cpuUsed + instance.demand.cpu.rawValue) * vector.cpuUnit,
          Double(vector.memoryUsed + instance.demand.memory.rawValue) * vector.memoryUnit)
        // What the fuller of the two has afterwards.
        let fuller = max(after, dominantShare(placeOf[host]!))
        if after <= share - gap, fuller < found?.share ?? share {
          found = (fuller, index, slots[to]!.facts.id)
        }
      }
      if let found {
        let instance = book.take(found.index)
        remove(instance.demand, from: host)
        add(instance.demand, on: found.to)
        return RebalancePlan.Move(epoch: instance.epoch, from: host, to: found.to)
      }
    }
    return nil
  }
}

/// Which instances may still be moved: each once.
private struct MovableBook {
  private let instances: [PlacedInstance]
  private var byHost: [HostID: [Int]] = [:]

  init(_ instances: [PlacedInstance]) {
    self.instances = instances.sorted { $0.epoch < $1.epoch }
    for (index, instance) in self.instances.enumerated() {
      byHost[instance.host, default: []].append(index)
    }
  }

  var hosts: [HostID] { byHost.keys.sorted() }

  /// One instance of each kind on a host, with its index.
  func kinds(on host: HostID) -> [(index: Int, instance: PlacedInstance)] {
    var seen: Set<PlacementDemand> = []
    return (byHost[host] ?? []).filter { seen.insert(instances[$0].demand).inserted }
      .map { ($0, instances[$0]) }
  }

  mutating func take(_ index: Int) -> PlacedInstance {
    let instance = instances[index]
    byHost[instance.host]!.removeAll { $0 == index }
    if byHost[instance.host]!.isEmpty { byHost[instance.host] = nil }
    return instance
  }
}
