// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("What is reserved on a host")
struct HostLoadTests {
  private func host(_ name: String, cpu: Int64 = 1000, memory: Int64 = 1024) -> PlacementHost {
    PlacementHost(
      id: try! HostID(name), state: .ready,
      capacity: HostCapacity(cpu: MilliCPU(cpu), memory: .mebibytes(memory)))
  }

  private func placement(
    _ epoch: UInt64, cpu: Int64, memory: Int64, port: UInt16? = nil
  ) -> DesiredPlacement {
    let spec = ClusterFixture.spec("web", cpu: cpu, memory: memory, port: port)
    return DesiredPlacement(
      epoch: Epoch(epoch), instance: InstanceID(service: spec.name, slot: Int(epoch)),
      host: try! HostID("a"), spec: spec, resources: spec.resources,
      resourcesRevision: Revision(1), placedAt: Timestamp(millisecondsSinceEpoch: 0))
  }

  private func demand(cpu: Int64, memory: Int64, ports: [UInt16] = []) -> PlacementDemand {
    PlacementDemand(
      service: ClusterFixture.service("web"),
      resources: ClusterFixture.spec("web", cpu: cpu, memory: memory).resources, fixedPorts: ports)
  }

  @Test("Adding and removing any sequence of placements restores the host exactly.")
  func restores() {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<50 {
      let empty = host("a", cpu: 64000, memory: 65536)
      var engine = PlacementEngine()
      engine.put(empty)
      var placed = (1...20).map { number in
        placement(
          UInt64(number), cpu: .random(in: 0...900, using: &generator),
          memory: .random(in: 0...900, using: &generator),
          port: Bool.random(using: &generator) ? .random(in: 80...84, using: &generator) : nil)
      }
      var model = empty
      for item in placed {
        engine.add(PlacementDemand(of: item), on: empty.id)
        model.add(item)
      }
      #expect(engine[empty.id]?.fixedPorts == model.fixedPorts)
      #expect(engine[empty.id]?.reservedCPU == model.reservedCPU)
      placed.shuffle(using: &generator)
      for item in placed { engine.remove(PlacementDemand(of: item), from: empty.id) }
      #expect(engine[empty.id] == empty)
    }
  }

  @Test("A refusal names every host, in order, with each thing that it lacks.")
  func refusal() {
    var down = host("c")
    down.state = .down
    do throws(PlacementRefusal) {
      var engine = PlacementEngine()
      for host in [down, host("b", memory: 64), host("a", cpu: 100)] { engine.put(host) }
      _ = try engine.choose(for: demand(cpu: 500, memory: 128))
      Issue.record("it was placed")
    } catch {
      #expect(
        error.description
          == "fits on no host: a: needs 500m CPU, 100m of 100m is free; "
          + "b: needs 128Mi memory, 64Mi of 64Mi is free; c: is down")
    }
  }

  @Test(
    "Exclusive cores need a host with cpuset and enough of them free; they are reserved as a whole."
  )
  func exclusiveCores() {
    func refusals(_ wanted: PlacementDemand, _ host: PlacementHost) -> [String] {
      var engine = PlacementEngine()
      engine.put(host)
      var taken = placement(1, cpu: 100, memory: 1)
      taken.resources.cores = 2
      if host.exclusiveCores != nil { engine.add(PlacementDemand(of: taken), on: host.id) }
      return engine.refusals(of: wanted, by: host.id)
    }
    var four = host("a", cpu: 4000)
    var wanted = demand(cpu: 100, memory: 1)
    wanted.cores = 1
    #expect(refusals(wanted, four) == ["has no cpuset controller, which exclusive cores need"])
    four.exclusiveCores = 3
    #expect(refusals(wanted, four).isEmpty)
    wanted.cores = 2
    #expect(refusals(wanted, four) == ["needs 2 exclusive cores, 1 of 3 free"])
    wanted.cores = 0
    #expect(refusals(wanted, four).isEmpty)
    wanted.cores = 3
    wanted.cpu = MilliCPU(3000)
    #expect(refusals(wanted, four).count == 2, "cores and CPU")
    var taken = placement(1, cpu: 100, memory: 1)
    taken.resources.cores = 2
    var engine = PlacementEngine()
    engine.put(four)
    engine.add(PlacementDemand(of: taken), on: four.id)
    #expect(engine[four.id]?.reservedCPU == MilliCPU(2000) && engine[four.id]?.reservedCores == 2)
    engine.remove(PlacementDemand(of: taken), from: four.id)
    #expect(engine[four.id] == four)
  }
}

/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014): the same numbers for the same seed
/// everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
