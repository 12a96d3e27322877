// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("Room that a host holds")
struct HoldTests {
  private typealias Amount = Reservation.Amount

  private func hold(
    _ name: String, cpu: Int64, memory: Int64, for services: String...
  ) -> PlacementHost.Hold {
    PlacementHost.Hold(
      reservation: try! ReservationName(name),
      services: Set(services.map { ClusterFixture.service($0) }),
      amount: Amount(cpu: MilliCPU(cpu), memory: .mebibytes(memory)))
  }

  private func host(cpu: Int64 = 4000, memory: Int64 = 4096) -> PlacementHost {
    PlacementHost(
      id: ClusterFixture.host("a"), state: .ready,
      capacity: HostCapacity(cpu: MilliCPU(cpu), memory: .mebibytes(memory)))
  }

  private func placement(
    _ epoch: UInt64, of service: String, cpu: Int64, memory: Int64, drawingOn name: String? = nil
  ) -> DesiredPlacement {
    let spec = ClusterFixture.spec(service, cpu: cpu, memory: memory)
    return DesiredPlacement(
      epoch: Epoch(epoch), instance: InstanceID(service: spec.name, slot: Int(epoch)),
      host: ClusterFixture.host("a"), spec: spec, resources: spec.resources,
      resourcesRevision: Revision(1), placedAt: Timestamp(millisecondsSinceEpoch: 0),
      reservation: name.map { try! ReservationName($0) })
  }

  private func refusals(
    _ service: String, cpu: Int64, by host: PlacementHost, with placed: DesiredPlacement...
  ) -> [String] {
    let spec = ClusterFixture.spec(service, cpu: cpu, memory: 1)
    var engine = PlacementEngine()
    engine.put(host)
    for placement in placed {
      engine.add(PlacementDemand(of: placement), on: host.id, drawing: placement.draw)
    }
    return engine.refusals(
      of: PlacementDemand(service: spec.name, resources: spec.resources), by: host.id)
  }

  @Test(
    "Is refused to services that it is not for, with how much it is, and is free for those it is for."
  )
  func whose() {
    var host = host()
    host.setHolds([hold("burst", cpu: 3000, memory: 1024, for: "web")], placements: [])
    #expect(refusals("other", cpu: 1000, by: host).isEmpty)
    #expect(
      refusals("other", cpu: 1001, by: host) == [
        "needs 1001m CPU, 1 of 4 is free (3 is reserved for others)"
      ])
    #expect(refusals("web", cpu: 4000, by: host).isEmpty)
    #expect(refusals("web", cpu: 4001, by: host) == ["needs 4001m CPU, 4 of 4 is free"])
  }

  @Test("What draws on it uses it up, and others find what they found before.")
  func drawn() {
    var host = host()
    host.setHolds([hold("burst", cpu: 3000, memory: 1024, for: "web")], placements: [])
    let untouched = host
    let first = placement(1, of: "web", cpu: 2000, memory: 100, drawingOn: "burst")
    #expect(refusals("other", cpu: 1000, by: untouched, with: first).isEmpty)
    #expect(!refusals("other", cpu: 1001, by: untouched, with: first).isEmpty)
    host.add(first)
    #expect(host.holds[0].left == Amount(cpu: MilliCPU(1000), memory: .mebibytes(924)))
    // The next one takes what is left of it, and the rest from what is free.
    let second = placement(2, of: "web", cpu: 1500, memory: 100, drawingOn: "burst")
    host.add(second)
    #expect(host.holds[0].left.cpu == .zero)
    #expect(!refusals("other", cpu: 501, by: untouched, with: first, second).isEmpty)
    #expect(refusals("other", cpu: 500, by: untouched, with: first, second).isEmpty)
  }

  @Test("Of several that would do, the first by name that has room for all is drawn on.")
  func several() {
    var host = host()
    host.setHolds(
      [
        hold("c", cpu: 900, memory: 900, for: "web"), hold("a", cpu: 100, memory: 900, for: "web"),
        hold("b", cpu: 1000, memory: 900, for: "api"),
      ], placements: [])
    let web = ClusterFixture.service("web")
    func drawn(_ cpu: Int64) -> String? {
      host.hold(for: web, asking: Amount(cpu: MilliCPU(cpu), memory: .mebibytes(1)))?
        .reservation.rawValue
    }
    #expect(drawn(100) == "a" && drawn(500) == "c" && drawn(2000) == "a")
    // 4000 less what is held by c and b: one reservation at a time.
    #expect(refusals("web", cpu: 2100, by: host).isEmpty)
    #expect(!refusals("web", cpu: 2101, by: host).isEmpty)
  }

  @Test(
    "Whatever comes and goes, requests and what is held never exceed the host, and all of it is restored."
  )
  func property() {
    var generator = SeededGenerator(seed: 23)
    let services = ["web", "api", "other"]
    var placed = 0
    for _ in 0..<60 {
      var host = host()
      host.setHolds(
        [
          hold("a", cpu: .random(in: 0...1500, using: &generator), memory: 700, for: "web"),
          hold("b", cpu: .random(in: 0...1500, using: &generator), memory: 700, for: "api", "web"),
        ], placements: [])
      let empty = host
      var engine = PlacementEngine()
      engine.put(host)
      var running: [DesiredPlacement] = []
      for number in 1...80 {
        if !running.isEmpty, Int.random(in: 0..<3, using: &generator) == 0 {
          let gone = running.remove(at: .random(in: 0..<running.count, using: &generator))
          host.remove(gone)
          engine.remove(PlacementDemand(of: gone), from: host.id, drawing: gone.draw)
        } else {
          let service = services.randomElement(using: &generator)!
          var next = placement(
            UInt64(number), of: service, cpu: .random(in: 1...900, using: &generator),
            memory: .random(in: 1...600, using: &generator))
          let demand = PlacementDemand(of: next)
          guard engine.refusals(of: demand, by: host.id).isEmpty else { continue }
          next.reservation = host.draw(for: demand)?.reservation
          #expect(engine.draw(of: demand, on: host.id) == next.draw)
          host.add(next)
          engine.add(demand, on: host.id, drawing: next.draw)
          running.append(next)
          placed += 1
        }
        let free = host.free()
        #expect(free.cpu >= .zero && free.memory >= .zero)
        var again = empty
        again.setHolds(empty.holds, placements: [])
        for placement in running { again.add(placement) }
        #expect(again == host, "as it is, and counted anew")
        #expect(engine[host.id]?.holds == host.holds && engine[host.id]?.free() == host.free())
      }
      for placement in running.shuffled(using: &generator) { host.remove(placement) }
      #expect(host == empty)
    }
    #expect(placed > 500)
  }
}
