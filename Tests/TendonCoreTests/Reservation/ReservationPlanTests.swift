// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("Where a reservation is held")
struct ReservationPlanTests {
  private func site(
    _ name: String, cpu: Int64, memory: Int64, state: HostState = .ready, keeps: Bool = true
  ) -> ReservationPlan.Site {
    ReservationPlan.Site(
      load: PlacementHost(
        id: ClusterFixture.host(name), state: state,
        capacity: HostCapacity(cpu: MilliCPU(cpu), memory: .mebibytes(memory))), keeps: keeps)
  }

  private func reservation(
    cpu: Int64, memory: Int64, hosts: Int? = nil, perHost: Bool? = nil
  ) -> Reservation {
    Reservation(
      name: try! ReservationName("burst"),
      amount: .init(cpu: MilliCPU(cpu), memory: .mebibytes(memory)), hosts: hosts,
      isPerHost: perHost)
  }

  private func held(_ plan: ReservationPlan) -> [String] {
    plan.holds.map { "\($0.host): \($0.amount.cpu), \($0.amount.memory)" }
  }

  @Test("On one host where it fits there, else on as few as possible, in its proportion.")
  func packs() {
    let hosts = [site("a", cpu: 1000, memory: 4096), site("b", cpu: 4000, memory: 8192)]
    let one = ReservationPlan(reservation(cpu: 2000, memory: 2048), now: [], sites: hosts)
    #expect(held(one) == ["b: 2, 2Gi"] && one.shortReason == nil)
    let two = ReservationPlan(reservation(cpu: 5000, memory: 5120), now: [], sites: hosts)
    #expect(held(two) == ["a: 1, 1Gi", "b: 4, 4Gi"] && two.shortReason == nil)
    let cpuOnly = ReservationPlan(reservation(cpu: 4500, memory: 0), now: [], sites: hosts)
    #expect(held(cpuOnly) == ["a: 500m, 0", "b: 4, 0"])
  }

  @Test("What finds no room is told with how much is missing, and why hosts take nothing.")
  func short() {
    let hosts = [
      site("a", cpu: 1000, memory: 4096), site("b", cpu: 1000, memory: 4096, state: .down),
    ]
    let plan = ReservationPlan(reservation(cpu: 1500, memory: 0), now: [], sites: hosts)
    #expect(held(plan) == ["a: 1, 0"])
    #expect(
      plan.shortReason
        == "there is room for 1 CPU of its 1500m CPU on 1 host, where 1 CPU and 4Gi memory is free in all: "
        + "500m CPU is missing, in this proportion on each host; b is down")
    let none = ReservationPlan(reservation(cpu: 1500, memory: 0), now: [], sites: [])
    #expect(none.shortReason?.hasPrefix("there is no room for its 1500m CPU on 0 hosts") == true)
  }

  @Test("Over so many hosts, on those with the most room, the same on each.")
  func spreads() {
    let hosts = [
      site("a", cpu: 1000, memory: 4096), site("b", cpu: 4000, memory: 8192),
      site("c", cpu: 3000, memory: 8192),
    ]
    let plan = ReservationPlan(
      reservation(cpu: 1500, memory: 1024, hosts: 2), now: [], sites: hosts)
    #expect(held(plan) == ["b: 750m, 512Mi", "c: 750m, 512Mi"] && plan.shortReason == nil)
    let large = ReservationPlan(
      reservation(cpu: 1500, memory: 1024, hosts: 3, perHost: true), now: [], sites: hosts)
    #expect(held(large) == ["b: 1500m, 1Gi", "c: 1500m, 1Gi"])
    #expect(
      large.shortReason
        == "2 of 3 hosts have 1500m CPU and 1Gi memory free for it: "
        + "the nearest is a, where 500m CPU is missing")
  }

  @Test("What is held stays where it is, and what a lost host held goes elsewhere.")
  func moves() {
    let wanted = reservation(cpu: 1000, memory: 1024, hosts: 2, perHost: true)
    let now = ["a", "b"].map {
      ReservationRecord.Hold(host: ClusterFixture.host($0), amount: wanted.amount)
    }
    func sites(b: Bool) -> [ReservationPlan.Site] {
      ["a", "b", "c"].map {
        var site = site($0, cpu: $0 == "c" ? 9000 : 1000, memory: 1024, keeps: $0 != "b" || b)
        guard $0 != "c" else { return site }
        site.load.setHolds(
          [.init(reservation: wanted.name, services: [], amount: wanted.amount)], placements: [])
        if !site.keeps { site.load.state = .down }
        return site
      }
    }
    #expect(ReservationPlan(wanted, now: now, sites: sites(b: true)).holds == now)
    let moved = ReservationPlan(wanted, now: now, sites: sites(b: false))
    #expect(moved.holds.map(\.host.rawValue) == ["a", "c"] && moved.shortReason == nil)
  }

  @Test("A host that became smaller holds only what it has.")
  func shrunk() {
    let wanted = reservation(cpu: 1000, memory: 0)
    var small = site("a", cpu: 600, memory: 1024)
    small.load.setHolds(
      [.init(reservation: wanted.name, services: [], amount: wanted.amount)], placements: [])
    let now = [ReservationRecord.Hold(host: small.load.id, amount: wanted.amount)]
    let plan = ReservationPlan(wanted, now: now, sites: [small, site("b", cpu: 500, memory: 0)])
    #expect(held(plan) == ["a: 600m, 0", "b: 400m, 0"] && plan.shortReason == nil)
  }

  @Test(
    "Never more than a host has free, and never more or less than asked where it says that all is held."
  )
  func property() {
    var generator = SeededGenerator(seed: 5)
    var whole = 0
    for round in 0..<400 {
      let sites = (0..<6).map { number in
        var site = site(
          "h\(number)", cpu: .random(in: 0...4000, using: &generator),
          memory: .random(in: 0...4096, using: &generator),
          state: Int.random(in: 0..<8, using: &generator) == 0 ? .down : .ready)
        site.keeps = site.load.state == .ready
        return site
      }
      let wanted = reservation(
        cpu: .random(in: 0...6000, using: &generator),
        memory: .random(in: 1...6000, using: &generator),
        hosts: Bool.random(using: &generator) ? .random(in: 1...4, using: &generator) : nil,
        perHost: nil)
      let plan = ReservationPlan(wanted, now: [], sites: sites)
      for hold in plan.holds {
        let site = sites.first { $0.load.id == hold.host }!
        #expect(
          site.load.state == .ready && hold.amount.fits(in: site.load.free()), "round \(round)")
      }
      let sum = plan.holds.reduce(Reservation.Amount.zero) { $0 + $1.amount }
      #expect((plan.shortReason == nil) == (sum == wanted.total), "round \(round)")
      if plan.shortReason == nil { whole += 1 }
      // Asked again with this in place, nothing changes.
      let after = sites.map { site in
        var site = site
        let own = plan.holds.filter { $0.host == site.load.id }
        site.load.setHolds(
          own.map { .init(reservation: wanted.name, services: [], amount: $0.amount) },
          placements: [])
        return site
      }
      #expect(ReservationPlan(wanted, now: plan.holds, sites: after).holds == plan.holds)
    }
    #expect(whole > 100 && whole < 390)
  }
}
