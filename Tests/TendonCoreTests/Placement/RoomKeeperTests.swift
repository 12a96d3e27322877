// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonCore

/// Room that is kept for large instances, and hosts that are loaded alike otherwise.
@Suite struct RoomKeeperTests {
  private let large = Made.demand("large", cpu: 3500, memory: 3500)
  private let small = Made.demand("small", cpu: 500, memory: 500)

  private func cluster(
    _ count: Int, _ settings: PlacementSettings = PlacementSettings()
  ) -> PlacementEngine {
    var engine = PlacementEngine(settings: settings)
    for number in 0..<count { engine.put(Made.host("host\(number)", memory: 4000)) }
    return engine
  }

  /// Places what there is room for in turns of `smalls` small instances and a large one, until a large one has none.
  /// Returns the part of all CPU that is given then.
  private func fill(_ engine: inout PlacementEngine, smalls: Int) -> Double {
    for turn in 0... {
      let demand = turn % (smalls + 1) == smalls ? large : small
      // Finding none is what is waited for.
      guard let host = try? engine.choose(for: demand) else { break }
      engine.add(demand, on: host)
    }
    return engine.room.load.share
  }

  @Test("Large instances find room until the cluster is nearly full.")
  func roomIsKept() {
    var engine = cluster(40)
    #expect(fill(&engine, smalls: 21) > 0.95)
    var settings = PlacementSettings()
    settings.room = 0
    var careless = cluster(40, settings)
    #expect(fill(&careless, smalls: 21) < 0.6)
  }

  @Test("While there is room enough, load alone decides.")
  func plenty() throws {
    var engine = cluster(20)
    engine.add(Made.demand("medium", cpu: 1000, memory: 1000), on: Made.id("host0"))
    for _ in 0..<19 { engine.add(small, on: try engine.choose(for: small)) }
    #expect(!engine.room.shapes[0].isScarce)
    #expect(engine.hosts.allSatisfy { $0.reservedCPU >= MilliCPU(500) })
  }

  @Test(
    "A cluster that gets full is filled host by host, so that what is left is in pieces of use.")
  func filling() {
    /// The part of all CPU that is given when the first of several sizes finds no host.
    func share(_ settings: PlacementSettings) -> Double {
      var engine = cluster(60, settings)
      let sizes: [Int64] = [700, 300, 1300, 450, 900].enumerated().flatMap {
        Array(repeating: $1, count: 1 + $0 % 2)
      }
      for turn in 0... {
        let size = sizes[turn * 5 % sizes.count]
        let demand = Made.demand("size\(size)", cpu: size, memory: size / 2)
        // Finding none is what is waited for.
        guard let host = try? engine.choose(for: demand) else { break }
        engine.add(demand, on: host)
      }
      return engine.room.load.share
    }
    var scattered = PlacementSettings()
    scattered.fillFrom = 1
    scattered.room = 0
    var filled = scattered
    filled.fillFrom = 0.7
    let (before, after) = (share(scattered), share(filled))
    #expect(after > before + 0.03, "\(before), \(after)")
  }

  @Test("Below the load that filling begins at, and in a few hosts, all are loaded alike.")
  func balanced() throws {
    func counts(_ hosts: Int, _ instances: Int) throws -> Set<Int> {
      var engine = cluster(hosts)
      for _ in 0..<instances { engine.add(small, on: try engine.choose(for: small)) }
      return Set(engine.hosts.map { $0.instances.values.reduce(0, +) })
    }
    #expect(try counts(20, 20 * 5) == [5])
    #expect(try counts(20, 20 * 7).contains(8))
    let few = RoomKeeper.fewestHosts - 1
    #expect(try counts(few, few * 7) == [7])
  }

  @Test("In a few hosts nothing is kept.")
  func fewHosts() throws {
    var engine = cluster(RoomKeeper.fewestHosts - 1)
    engine.add(large, on: Made.id("host0"))
    for _ in 0..<RoomKeeper.fewestHosts { engine.add(small, on: try engine.choose(for: small)) }
    #expect(engine.room.scarce.isEmpty)
    #expect(engine.hosts.allSatisfy { $0.instances.values.reduce(0, +) <= 2 })
  }

  @Test("Places are counted over open hosts, and what is placed over all of a shape.")
  func places() throws {
    var engine = cluster(2)
    let half = Made.demand("half", cpu: 2000, memory: 1000)
    engine.add(half, on: Made.id("host0"))
    engine.add(Made.demand("other", cpu: 2000, memory: 1000), on: Made.id("host1"))
    engine.add(small, on: Made.id("host1"))
    func shape(_ cpu: Int64) -> RoomShape? { engine.room.shapes.first { $0.cpu == cpu } }
    #expect(engine.room.shapes.map(\.cpu) == [2000, 500])
    #expect(shape(2000)?.places == 1)
    #expect(shape(2000)?.placed == Int(2 * RoomShape.one))
    #expect(shape(500)?.places == 4 + 3)
    // One, and two that are four times as large.
    #expect(shape(500)?.placed == Int(5 * RoomShape.one))
    var host = engine[Made.id("host0")]!
    host.closedBecause = "cordoned"
    engine.put(host)
    #expect(shape(2000)?.places == 0)
    #expect(shape(500)?.places == 3)
    host.closedBecause = nil
    engine.put(host)
    engine.remove(Made.id("host1"))
    #expect(shape(500)?.places == 4)
  }

  @Test("A shape is the larger the more of a mean host it is, also where hosts come later.")
  func sizes() {
    var engine = PlacementEngine()
    let cpu = engine.intern(Made.demand("cpu", cpu: 3000, memory: 64))
    let memory = engine.intern(Made.demand("memory", cpu: 100, memory: 4096))
    engine.put(Made.host("host0", cpu: 16_000, memory: 4096))
    #expect(engine.room.shapes.map(\.cpu) == [100, 3000])
    engine.put(Made.host("host1", cpu: 4000, memory: 60_000))
    #expect(engine.room.shapes.map(\.cpu) == [3000, 100])
    _ = (cpu, memory)
  }

  @Test("A host that is below the mean is the better the more an instance fills it.")
  func variance() throws {
    var engine = PlacementEngine()
    engine.put(Made.host("wide", cpu: 32_000, memory: 32_000))
    engine.put(Made.host("narrow", cpu: 8000, memory: 8000))
    engine.add(Made.demand("filler", cpu: 16_000, memory: 16_000), on: Made.id("wide"))
    let demand = Made.demand("web", cpu: 400, memory: 400)
    let scores = engine.scores(for: demand)
    #expect(scores.map(\.host) == [Made.id("narrow"), Made.id("wide")])
    // 5 % of the narrow host, 2 % of a mean one, which counts twice at most; that host is 40 % below the mean.
    let balance = scores[0].parts.first { $0.name == "balance" }!.value
    #expect(abs(balance - 2 * (0.4 - 0.025)) < 1e-9)
  }
}
