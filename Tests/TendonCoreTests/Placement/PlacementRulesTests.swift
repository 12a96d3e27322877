// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonCore

/// What rules do to the choice.
@Suite struct PlacementRulesTests {
  private func cluster(_ hosts: [(name: String, zone: String)]) -> PlacementEngine {
    var engine = PlacementEngine()
    for host in hosts { engine.put(Made.host(host.name, labels: ["zone": host.zone])) }
    return engine
  }

  private let nine = (0..<9).map { (name: "host\($0)", zone: ["a", "b", "c"][$0 % 3]) }

  /// Places up to `count`; returns how many there are in each zone.
  private func place(
    _ count: Int, of demand: PlacementDemand, in engine: inout PlacementEngine
  ) -> [String: Int] {
    var zones: [String: Int] = [:]
    for _ in 0..<count {
      // Those that find no host stay away.
      guard let host = try? engine.choose(for: demand) else { break }
      engine.add(demand, on: host)
      zones[engine[host]!.labels["zone"]!, default: 0] += 1
    }
    return zones
  }

  @Test("A hard spread keeps zones within one of each other, also when one is full.")
  func evenSpread() throws {
    let demand = Made.demand(cpu: 1000) { $0.spread = [SpreadRule(label: "zone", isHard: true)] }
    var engine = cluster(nine)
    #expect(place(7, of: demand, in: &engine).values.sorted() == [2, 2, 3])
    let filler = Made.demand("filler", cpu: 3500) {
      $0.constraints = [LabelTerm("zone", .isOne(of: ["c"]))]
    }
    engine = cluster(nine)
    #expect(place(3, of: filler, in: &engine) == ["c": 3])
    #expect(place(9, of: demand, in: &engine) == ["a": 1, "b": 1])
    let refusals = engine.refusals(of: demand, by: Made.id("host0"))
    #expect(refusals == ["zone a has 1 of 2 instances, and its share of 3 is 1"])
  }

  @Test("A zone that is lost or closed does not hold the others back; a tainted one neither.")
  func lostZone() throws {
    let demand = Made.demand { $0.spread = [SpreadRule(label: "zone", isHard: true)] }
    let changes: [(inout PlacementHost) -> Void] = [
      { $0.state = .down }, { $0.closedBecause = "being drained" },
      { $0.taints = [Taint(key: "gpu")] },
    ]
    for change in changes {
      var engine = cluster(nine)
      #expect(place(6, of: demand, in: &engine).values.sorted() == [2, 2, 2])
      for number in [2, 5, 8] {
        var host = engine[Made.id("host\(number)")]!
        change(&host)
        engine.put(host)
      }
      #expect(place(2, of: demand, in: &engine) == ["a": 1, "b": 1])
    }
    var engine = cluster(nine)
    for number in [2, 5, 8] {
      var host = engine[Made.id("host\(number)")]!
      host.state = .suspect
      engine.put(host)
    }
    #expect(place(4, of: demand, in: &engine) == ["a": 1, "b": 1], "one that is late comes back")
  }

  @Test("Shares are kept, and what belongs in a lost zone waits for it.")
  func shares() throws {
    let demand = Made.demand {
      $0.spread = [SpreadRule(label: "zone", isHard: true, shares: ["a": 2, "b": 1])]
    }
    var engine = cluster(nine)
    #expect(place(9, of: demand, in: &engine) == ["a": 6, "b": 3])
    engine = cluster(nine.filter { $0.zone != "b" })
    #expect(place(9, of: demand, in: &engine) == ["a": 2])
  }

  @Test("A soft spread is even where there is room, and goes elsewhere where there is none.")
  func softSpread() throws {
    let demand = Made.demand { $0.spread = [SpreadRule(label: "zone")] }
    var engine = cluster(nine.filter { $0.zone != "c" })
    var small = Made.host("small", labels: ["zone": "c"])
    small.countables = Countables([Countables.instances: 2])
    engine.put(small)
    #expect(place(6, of: demand, in: &engine) == ["a": 2, "b": 2, "c": 2])
    #expect(place(6, of: demand, in: &engine) == ["a": 3, "b": 3])
    #expect(engine.refusals(of: demand, by: small.id) == ["takes no more than 2 instances"])
  }

  @Test("The copy that is replaced does not count when it is spread.")
  func replacedCopy() throws {
    let demand = Made.demand { $0.spread = [SpreadRule(label: "zone", isHard: true)] }
    var engine = cluster(Array(nine.prefix(2)))
    for _ in 0..<2 { engine.add(demand, on: try engine.choose(for: demand)) }
    engine.add(demand, on: Made.id("host0"))
    #expect(!engine.refusals(of: demand, by: Made.id("host0")).isEmpty)
    var context = PlacementContext()
    context.replaces = Made.id("host0")
    #expect(engine.refusals(of: demand, by: Made.id("host0"), context: context).isEmpty)
  }

  @Test("Hard anti-affinity keeps both sides apart, on a host and in a zone.")
  func antiAffinity() throws {
    for within in [nil, "zone"] {
      var engine = cluster(nine)
      let shy = Made.demand("shy") { $0.antiAffinity = [Made.near("loud", within: within)] }
      let loud = Made.demand("loud")
      engine.add(shy, on: Made.id("host0"))
      #expect(!engine.refusals(of: loud, by: Made.id("host0")).isEmpty)
      #expect(engine.refusals(of: loud, by: Made.id("host3")).isEmpty == (within == nil))
      engine.add(loud, on: Made.id("host1"))
      #expect(!engine.refusals(of: shy, by: Made.id("host1")).isEmpty)
      #expect(engine.refusals(of: shy, by: Made.id("host4")).isEmpty == (within == nil))
      engine.remove(shy, from: Made.id("host0"))
      #expect(engine.refusals(of: loud, by: Made.id("host0")).isEmpty)
    }
  }

  @Test(
    "Hard affinity follows the other service; the first of a service that gathers can be anywhere.")
  func affinity() throws {
    var engine = cluster(nine)
    let follower = Made.demand("follower") { $0.affinity = [Made.near("leader", within: "zone")] }
    do throws(PlacementRefusal) {
      _ = try engine.choose(for: follower)
      Issue.record("it follows nobody")
    } catch {
      #expect(error.counts == [PlacementRefusal.Count(filter: "affinity", hosts: 9)])
      #expect(error.description.contains("no instance of leader"), "\(error)")
    }
    engine.add(Made.demand("leader"), on: Made.id("host4"))
    #expect(place(5, of: follower, in: &engine) == ["b": 5])
    let herd = Made.demand("herd") { $0.affinity = [Made.near("herd")] }
    var hosts: Set<HostID> = []
    for _ in 0..<4 {
      let host = try engine.choose(for: herd)
      engine.add(herd, on: host)
      hosts.insert(host)
    }
    #expect(hosts.count == 1)
  }

  @Test("A gang is placed with what it follows, or not at all, and nothing is left of the try.")
  func gangs() throws {
    var engine = cluster(Array(nine.prefix(3)))
    let follower = Made.demand("follower", cpu: 1500) { $0.affinity = [Made.near("leader")] }
    let leader = Made.demand("leader", cpu: 1000)
    let plain = PlacementContext()
    let before = Set(engine.hosts)
    let hosts = try engine.chooseAll(for: [(follower, plain), (leader, plain), (follower, plain)])
    #expect(Set(hosts).count == 1)
    #expect(Set(engine.hosts) == before)
    var gang = [(demand: leader, context: plain)]
    for _ in 0..<3 { gang.append((follower, plain)) }
    do throws(GangRefusal) {
      _ = try engine.chooseAll(for: gang)
      Issue.record("three of 1,500m do not fit beside one of 1,000m on 4 CPUs")
    } catch {
      #expect(error.service == follower.service && error.fitting == 3 && error.wanted == 4)
      #expect(error.description.contains("only 3 of the 4 instances"), "\(error)")
    }
    #expect(Set(engine.hosts) == before)
  }

  @Test(
    "Missing controllers, taints to avoid and failures make a host second choice, not impossible.")
  func secondChoice() throws {
    var engine = PlacementEngine()
    var poor = Made.host("poor")
    poor.controllers = ["cpu"]
    engine.put(poor)
    var rich = Made.host("rich")
    rich.controllers = ["cpu", "pids"]
    rich.taints = [Taint(key: "old", effect: .avoid)]
    engine.put(rich)
    var resources = Resources()
    resources.pids = .value(10)
    let limited = Made.demand(resources: resources)
    #expect(try engine.choose(for: limited) == poor.id, "a taint weighs more")
    rich.taints = []
    engine.put(rich)
    engine.add(Made.demand("other", cpu: 400), on: rich.id)
    #expect(try engine.choose(for: limited) == rich.id)
    var context = PlacementContext()
    context.failedOn = [rich.id]
    #expect(try engine.choose(for: limited, context: context) == poor.id)
    context.failedOn = []
    context.preferred = poor.id
    context.excluded = [rich.id: "is where it failed"]
    #expect(try engine.choose(for: limited, context: context) == poor.id)
    engine.remove(poor.id)
    do throws(PlacementRefusal) {
      _ = try engine.choose(for: limited, context: context)
      Issue.record("the only host is excluded")
    } catch {
      #expect(error.description == "fits on no host: rich: is where it failed")
      #expect(error.misses == .excluded)
    }
  }

  @Test("A returning instance goes back to its host though another is somewhat better.")
  func stickiness() throws {
    var engine = cluster(Array(nine.prefix(3)))
    let demand = Made.demand(cpu: 400)
    engine.add(Made.demand("other", cpu: 800), on: Made.id("host1"))
    var context = PlacementContext()
    context.preferred = Made.id("host1")
    #expect(try engine.choose(for: demand, context: context) == Made.id("host1"))
    engine.add(Made.demand("other", cpu: 1600), on: Made.id("host1"))
    #expect(try engine.choose(for: demand, context: context) != Made.id("host1"))
  }

  @Test(
    "A refusal in a large cluster counts per filter and names the nearest host with what it lacks.")
  func manyHosts() throws {
    var engine = PlacementEngine()
    for number in 0..<40 {
      var host = Made.host("host\(number)", labels: number < 30 ? [:] : ["disk": "ssd"])
      if number >= 38 { host.state = .down }
      engine.put(host)
    }
    engine.add(Made.demand("other", cpu: 1500), on: Made.id("host35"))
    let demand = Made.demand(cpu: 5500) {
      $0.constraints = [LabelTerm("disk", .isOne(of: ["ssd"]))]
    }
    do throws(PlacementRefusal) {
      _ = try engine.choose(for: demand)
      Issue.record("no host is that large")
    } catch {
      #expect(
        error.description
          == "fits on none of 40 hosts; ruled out by labels: 30, CPU: 8, state: 2; nearest is host30: "
          + "needs 5500m CPU, 4 of 4 is free; it would fit there with 1500m CPU less")
    }
  }

  @Test("Held capacity is for the services it is held for.")
  func holds() throws {
    var engine = PlacementEngine()
    var host = Made.host("host1")
    host.holds = [
      PlacementHost.Hold(
        reservation: try ReservationName("sale"), services: [try ServiceName("shop")],
        amount: Reservation.Amount(cpu: MilliCPU(3000), memory: .zero))
    ]
    engine.put(host)
    #expect(
      engine.refusals(of: Made.demand("web", cpu: 2000), by: host.id)
        == ["needs 2 CPU, 1 of 4 is free (3 is reserved for others)"])
    #expect(engine.refusals(of: Made.demand("shop", cpu: 2000), by: host.id).isEmpty)
  }
}
