// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonCore

/// What holds after any sequence of changes.
@Suite struct PlacementEngineRandomTests {
  /// A random cluster in motion, with everything that is placed.
  private struct World {
    var engine: PlacementEngine
    var random: SeededGenerator
    var demands: [PlacementDemand] = []
    var placed: [(demand: PlacementDemand, host: HostID, draw: PlacementDraw?)] = []

    init(seed: UInt64) {
      random = SeededGenerator(seed: seed)
      engine = PlacementEngine()
      for number in 0..<Int.random(in: 3...14, using: &random) {
        engine.put(Made.host(number, using: &random))
      }
      for _ in 0..<8 { demands.append(Made.demand(using: &random)) }
    }

    /// Makes one change; returns what was decided, if it was a decision.
    mutating func step() -> (demand: PlacementDemand, context: PlacementContext, choice: HostID?)? {
      switch Int.random(in: 0..<20, using: &random) {
      case 0:
        let host = Made.host(Int.random(in: 0..<16, using: &random), using: &random)
        engine.put(host)
        // New facts bring new holds, which nobody has drawn on.
        for index in placed.indices where placed[index].host == host.id { placed[index].draw = nil }
      case 1:
        // A host whose instances are not moved keeps its state.
        if let host = engine.hostIDs.randomElement(using: &random) {
          engine.remove(host)
          placed.removeAll { $0.host == host }
        }
      case 2: demands[Int.random(in: 0..<8, using: &random)] = Made.demand(using: &random)
      case 3, 4, 5, 6:
        guard !placed.isEmpty else { break }
        let one = placed.remove(at: Int.random(in: 0..<placed.count, using: &random))
        engine.remove(one.demand, from: one.host, drawing: one.draw)
      default:
        let demand = demands.randomElement(using: &random)!
        let context = makeContext()
        // No host is an answer too.
        let choice = try? engine.choose(for: demand, context: context)
        if let choice {
          let draw = engine.draw(of: demand, on: choice)
          engine.add(demand, on: choice, drawing: draw)
          placed.append((demand, choice, draw))
        }
        return (demand, context, choice)
      }
      return nil
    }

    private mutating func makeContext() -> PlacementContext {
      var context = PlacementContext()
      let hosts = engine.hostIDs
      func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }
      if chance(5) { context.preferred = hosts.randomElement(using: &random) }
      if chance(6), let host = hosts.randomElement(using: &random) { context.failedOn = [host] }
      if chance(6), let host = hosts.randomElement(using: &random) {
        context.excluded = [host: "is excluded"]
      }
      if chance(8) { context.only = Set(hosts.shuffled(using: &random).prefix(2)) }
      if chance(8) { context.replaces = placed.randomElement(using: &random)?.host }
      return context
    }

    /// An engine that was told the same without the history.
    func recounted() -> PlacementEngine {
      var fresh = PlacementEngine(settings: engine.settings)
      for place in engine.slots.indices {
        guard let slot = engine.slots[place] else { continue }
        var facts = slot.facts
        facts.setHolds(facts.holds, placements: [])
        fresh.put(facts)
      }
      for one in placed { fresh.add(one.demand, on: one.host, drawing: one.draw) }
      return fresh
    }
  }

  private static let seeds: [UInt64] = Array(1...25)

  @Test(
    "The choice is the best of what the explanation says fits, and none only where it says so.",
    arguments: seeds)
  func choiceIsExplained(seed: UInt64) {
    var world = World(seed: seed)
    for step in 0..<150 {
      let before = world
      var mirror = before
      guard let decision = world.step() else { continue }
      let fitting = mirror.engine.hostIDs.filter {
        mirror.engine.refusals(of: decision.demand, by: $0, context: decision.context).isEmpty
      }
      let scores = mirror.engine.scores(
        for: decision.demand, best: 1000, context: decision.context)
      #expect(Set(scores.map(\.host)) == Set(fitting), "seed \(seed), step \(step)")
      guard let choice = decision.choice else {
        #expect(fitting.isEmpty, "seed \(seed), step \(step): \(fitting) would fit")
        continue
      }
      let score = scores.first { $0.host == choice }
      #expect(score != nil, "seed \(seed), step \(step): \(choice) does not fit")
      if let score, let best = scores.first {
        #expect(
          abs(score.total - best.total) < 1e-6,
          "seed \(seed), step \(step): \(best) is better than \(score)")
      }
    }
  }

  @Test("What is kept while hosts and instances come and go equals a recount.", arguments: seeds)
  func indexEqualsRecount(seed: UInt64) {
    var world = World(seed: seed)
    for step in 0..<150 {
      _ = world.step()
      guard step % 10 == 9 else { continue }
      var fresh = world.recounted()
      #expect(
        Set(world.engine.hosts) == Set(fresh.hosts), "seed \(seed), step \(step): loads differ")
      for demand in world.demands {
        func scores(_ engine: inout PlacementEngine) -> [HostID: Double] {
          Dictionary(
            uniqueKeysWithValues: engine.scores(for: demand, best: 1000).map { ($0.host, $0.total) }
          )
        }
        let (kept, counted) = (scores(&world.engine), scores(&fresh))
        #expect(Set(kept.keys) == Set(counted.keys), "seed \(seed), step \(step)")
      }
    }
  }

  @Test("No host is ever given more than it has.", arguments: seeds)
  func neverOverCapacity(seed: UInt64) {
    var world = World(seed: seed)
    for step in 0..<200 {
      guard let decision = world.step(), let choice = decision.choice,
        let host = world.engine[choice]
      else { continue }
      let demand = decision.demand
      #expect(host.state == .ready && host.closedBecause == nil)
      #expect(
        demand.cpu == .zero || host.reservedCPU <= host.capacity.cpu, "seed \(seed), step \(step)")
      #expect(demand.memory == .zero || host.reservedMemory <= host.capacity.memory, "seed \(seed)")
      #expect(demand.cores == 0 || host.reservedCores <= host.exclusiveCores ?? 0, "seed \(seed)")
      for (name, amount) in demand.countables.sorted where amount > 0 && host.countables.names(name)
      {
        #expect(host.reservedCountables[name] <= host.countables[name], "seed \(seed)")
      }
      for port in demand.fixedPorts { #expect(host.fixedPorts[port] == 1, "seed \(seed)") }
      if let most = demand.rules.perHost { #expect(host.instances[demand.service]! <= most) }
    }
  }

  @Test("Removing what was added restores every host exactly.", arguments: seeds)
  func removingRestores(seed: UInt64) {
    var world = World(seed: seed)
    for _ in 0..<40 { _ = world.step() }
    let before = Set(world.engine.hosts)
    let tallies = world.engine.tallies.map(\.total)
    let rooms = world.engine.room.shapes
    var added: [(PlacementDemand, HostID)] = []
    for _ in 0..<30 {
      let demand = world.demands.randomElement(using: &world.random)!
      guard let host = world.engine.hostIDs.randomElement(using: &world.random) else { break }
      world.engine.add(demand, on: host)
      added.append((demand, host))
    }
    for (demand, host) in added.shuffled(using: &world.random) {
      world.engine.remove(demand, from: host)
    }
    #expect(Set(world.engine.hosts) == before, "seed \(seed)")
    #expect(
      Array(world.engine.tallies.map(\.total).prefix(tallies.count)) == tallies, "seed \(seed)")
    // Demands that had been forgotten may bring other shapes.
    if world.engine.room.shapes.map({ [$0.cpu, $0.memory] }) == rooms.map({ [$0.cpu, $0.memory] }) {
      #expect(world.engine.room.shapes.map(\.places) == rooms.map(\.places), "seed \(seed)")
      #expect(world.engine.room.shapes.map(\.placed) == rooms.map(\.placed), "seed \(seed)")
    }
  }
}
