// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

@Suite("Reservations")
struct ReservationTests {
  private let burst = try! ReservationName("burst")

  private func reservation(
    cpu: Int64, memory: Int64 = 64, hosts: Int? = nil, for services: String...,
    from: Timestamp? = nil, until: Timestamp? = nil
  ) -> ReserveRequest {
    ReserveRequest(
      reservation: Reservation(
        name: burst, amount: .init(cpu: MilliCPU(cpu), memory: .mebibytes(memory)), hosts: hosts,
        isPerHost: hosts == nil ? nil : true, from: from, until: until,
        services: services.map { ClusterFixture.service($0) }))
  }

  private func cluster(hosts: Int = 3, cpu: Int64 = 1000) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...hosts { try cluster.join("host\(number)", cpu: cpu, memory: 1024) }
    return cluster
  }

  private func apply(_ cluster: inout ClusterFixture, _ specs: ServiceSpec...) throws {
    _ = try cluster.core.apply(specs, now: cluster.now)
    try cluster.obey()
  }

  private func held(_ cluster: ClusterFixture) -> [String] {
    (cluster.core.reservationView(burst, now: cluster.now)?.holds ?? []).map {
      "\($0.host): \($0.drawn.cpu) of \($0.amount.cpu)"
    }
  }

  private func refusal(_ body: () throws -> Void) -> APIError? {
    #expect(throws: APIError.self) { try body() }
  }

  /// Whether the requests on every host, and what it holds, fit on it.
  private func expectRoom(_ cluster: ClusterFixture) {
    for host in cluster.core.engine.hosts where host.state != .down {
      let free = host.free()
      #expect(free.cpu >= .zero && free.memory >= .zero, "\(host.id)")
    }
  }

  @Test("Held room is refused to others, and given to the services named before any other room.")
  func draws() throws {
    var cluster = try cluster()
    let word = try cluster.core.reserve(reservation(cpu: 800, for: "web"), now: cluster.now)
    #expect(word == "800m CPU and 64Mi memory is held for burst: 800m CPU and 64Mi memory on host1")
    try apply(&cluster, ClusterFixture.spec("other", replicas: 3, cpu: 700))
    let pending = cluster.core.instanceViews(of: ClusterFixture.service("other"))
      .first { $0.state == .pending }
    #expect(
      pending?.message.contains(
        "host1: needs 700m CPU, 200m of 1 is free (800m is reserved for others)")
        == true, "\(pending as Any)")
    try apply(&cluster, ClusterFixture.spec("web", replicas: 2, cpu: 400, memory: 32))
    #expect(cluster.hosts(of: "web") == [0: "host1", 1: "host1"])
    #expect(held(cluster) == ["host1: 800m of 800m"])
    let view = try #require(
      cluster.core.instanceView(InstanceID(service: ClusterFixture.service("web"), slot: 0)))
    #expect(view.reservation == burst && view.resources.memory.isGuaranteed)
    let why = try cluster.core.why("web.0", now: cluster.now)
    #expect(why.evidence.contains { $0.hasPrefix("draws on the reservation burst") })
    #expect(
      try cluster.core.why("host1", now: cluster.now).evidence.contains(
        "held: 800m CPU and 64Mi memory for the reservation burst, of which nothing is not used"))
    #expect(
      try cluster.core.why(burst, now: cluster.now).evidence.contains {
        $0.hasPrefix("web.1 draws on it, on host1")
      })
    expectRoom(cluster)
  }

  @Test("A coordinator that starts anew knows what is held, and who draws on it.")
  func restart() throws {
    var cluster = try cluster()
    _ = try cluster.core.reserve(reservation(cpu: 800, for: "web"), now: cluster.now)
    try apply(&cluster, ClusterFixture.spec("web", cpu: 300))
    let next = ClusterFixture(stored: cluster.stored(), epoch: 2)
    #expect(held(next) == ["host1: 300m of 800m"])
    #expect(
      next.core.engine[ClusterFixture.host("host1")]?.holds.first?.drawn.cpu.rawValue == 300)
  }

  @Test(
    "What can't be held is refused with what is missing, unless it may wait; then it is held once it can."
  )
  func waits() throws {
    var cluster = try cluster(hosts: 1)
    try apply(&cluster, ClusterFixture.spec("other", cpu: 700))
    var request = reservation(cpu: 800, for: "web")
    let refused = refusal { _ = try cluster.core.reserve(request, now: cluster.now) }
    #expect(refused?.code == .conflict)
    #expect(refused?.message.contains("500m CPU") == true, "\(refused as Any)")
    cluster.drain()
    #expect(cluster.core.reservationViews(now: cluster.now).isEmpty)
    request.wait = true
    let word = try cluster.core.reserve(request, now: cluster.now)
    #expect(word.contains("waits for room"), "\(word)")
    #expect(cluster.core.reservationView(burst, now: cluster.now)?.state == .short)
    _ = try cluster.core.delete(ClusterFixture.service("other"), now: cluster.now)
    try cluster.obey()
    #expect(held(cluster) == ["host1: 0 of 800m"])
    #expect(cluster.core.reservationView(burst, now: cluster.now)?.state == .held)
    #expect(
      cluster.core.events(EventFilter(reservation: burst)).map(\.reason) == [
        "reservation-created", "reservation-held", "reservation-short", "reservation-held",
        "reservation-whole",
      ])
  }

  @Test(
    "Impossible ones are refused with the key, a second of the same name too, and nothing is changed."
  )
  func bad() throws {
    var cluster = try cluster()
    let past = Timestamp(millisecondsSinceEpoch: 5)
    for (request, key) in [
      (reservation(cpu: 0, memory: 0), "amount"), (reservation(cpu: -1), "amount.cpu"),
      (reservation(cpu: 100, hosts: 0), "hosts"), (reservation(cpu: 100, until: past), "until"),
      (reservation(cpu: 100, for: "web", "web"), "services"),
    ] {
      let error = refusal { _ = try cluster.core.reserve(request, now: cluster.now) }
      #expect(error?.code == .badRequest && error?.details.first?.subject == key, "\(key)")
    }
    _ = try cluster.core.reserve(reservation(cpu: 100), now: cluster.now)
    let twice = refusal { _ = try cluster.core.reserve(reservation(cpu: 100), now: cluster.now) }
    #expect(twice?.code == .conflict)
    let later = cluster.now.wall + .seconds(60)
    var never = reservation(cpu: 5000, for: "web", from: later)
    never.reservation.name = try ReservationName("never")
    let impossible = refusal { _ = try cluster.core.reserve(never, now: cluster.now) }
    #expect(impossible?.message.contains("even if nothing ran") == true)
    let gone = refusal {
      _ = try cluster.core.deleteReservation(try ReservationName("x"), now: cluster.now)
    }
    #expect(gone?.code == .notFound && gone?.message.contains("there are: burst") == true)
  }

  @Test(
    "A host that dies takes nothing with it: its part is held elsewhere, and its instances draw there."
  )
  func hostDies() throws {
    var cluster = try cluster()
    _ = try cluster.core.reserve(reservation(cpu: 800, for: "web"), now: cluster.now)
    try apply(&cluster, ClusterFixture.spec("web", cpu: 500))
    try cluster.pass(.seconds(2))
    #expect(held(cluster) == ["host1: 500m of 800m"])
    cluster.living.remove(ClusterFixture.host("host1"))
    try cluster.pass(.seconds(20))
    #expect(held(cluster) == ["host2: 500m of 800m"])
    #expect(cluster.hosts(of: "web") == [0: "host2"])
    let reasons = cluster.core.events(EventFilter(reservation: burst)).map(\.reason)
    #expect(reasons.suffix(2) == ["reservation-held", "reservation-released"])
    expectRoom(cluster)
    cluster.living.insert(ClusterFixture.host("host1"))
    try cluster.pass(.seconds(5))
    #expect(held(cluster) == ["host2: 500m of 800m"], "what is held elsewhere stays there")
    #expect(cluster.stored().reservations.first?.holds.map(\.host.rawValue) == ["host2"])
  }

  @Test("A drained host's part is held elsewhere, and those that leave draw on it there.")
  func drained() throws {
    var cluster = try cluster()
    _ = try cluster.core.reserve(reservation(cpu: 800, for: "web"), now: cluster.now)
    try apply(&cluster, ClusterFixture.spec("web", cpu: 500))
    _ = try cluster.core.drain(ClusterFixture.host("host1"), DrainRequest(), now: cluster.now)
    try cluster.pass(.seconds(3))
    #expect(held(cluster) == ["host2: 500m of 800m"])
    #expect(cluster.hosts(of: "web") == [0: "host2"])
    expectRoom(cluster)
  }

  @Test("Where a lost part finds no room it waits, said once, before those that come later.")
  func noRoom() throws {
    var cluster = try cluster(hosts: 2)
    _ = try cluster.core.reserve(
      reservation(cpu: 600, hosts: 2, for: "web"), now: cluster.now)
    #expect(held(cluster) == ["host1: 0 of 600m", "host2: 0 of 600m"])
    cluster.living.remove(ClusterFixture.host("host2"))
    try cluster.pass(.seconds(20))
    #expect(held(cluster) == ["host1: 0 of 600m"])
    let short = cluster.core.events(EventFilter(reservation: burst))
      .filter { $0.reason == "reservation-short" }
    #expect(short.count == 1)
    #expect(short.first?.message.contains("host2 is down") == true, "\(short)")
    try apply(&cluster, ClusterFixture.spec("other", replicas: 2, cpu: 400))
    try cluster.join("host3", cpu: 1000)
    try cluster.obey()
    #expect(held(cluster) == ["host1: 0 of 600m", "host3: 0 of 600m"])
    #expect(cluster.hosts(of: "other") == [0: "host1", 1: "host3"])
    expectRoom(cluster)
  }

  @Test(
    "A window opens and closes by the clock; what drew on it runs on without, and it is forgotten.")
  func window() throws {
    var cluster = try cluster(hosts: 1)
    let start = cluster.now.wall
    let word = try cluster.core.reserve(
      reservation(cpu: 800, for: "web", from: start + .seconds(10), until: start + .seconds(30)),
      now: cluster.now)
    #expect(word.hasPrefix("burst is held from "))
    #expect(cluster.core.reservationView(burst, now: cluster.now)?.state == .scheduled)
    try cluster.pass(.seconds(9))
    #expect(held(cluster).isEmpty)
    try cluster.pass(.seconds(2))
    #expect(held(cluster) == ["host1: 0 of 800m"])
    try apply(&cluster, ClusterFixture.spec("web", cpu: 500))
    let id = InstanceID(service: ClusterFixture.service("web"), slot: 0)
    #expect(cluster.core.instanceView(id)?.resources.memory.isGuaranteed == true)
    let pid = cluster.core.instanceView(id)?.status?.pid
    try cluster.pass(.seconds(20))
    #expect(cluster.core.reservationViews(now: cluster.now).isEmpty)
    #expect(cluster.stored().reservations.isEmpty)
    let view = try #require(cluster.core.instanceView(id))
    #expect(view.state == .running && view.status?.pid == pid && view.reservation == nil)
    #expect(!view.resources.memory.isGuaranteed)
    #expect(cluster.core.engine[ClusterFixture.host("host1")]?.holds.isEmpty == true)
    #expect(
      cluster.core.events(EventFilter(reservation: burst)).last?.message
        == "Its time is over; 1 instance that used it runs on without it.")
  }

  @Test("Deleting gives the room to those who wait for it.")
  func deleted() throws {
    var cluster = try cluster(hosts: 1)
    _ = try cluster.core.reserve(reservation(cpu: 800), now: cluster.now)
    try apply(&cluster, ClusterFixture.spec("other", cpu: 500))
    #expect(cluster.hosts(of: "other").isEmpty)
    let word = try cluster.core.deleteReservation(burst, now: cluster.now)
    #expect(word == "nothing is held for burst any more")
    try cluster.obey()
    #expect(cluster.hosts(of: "other") == [0: "host1"])
  }

  @Test(
    "One that draws may grow within what is held, and not beyond what is free; others may not grow into it."
  )
  func resized() throws {
    var cluster = try cluster(hosts: 1)
    _ = try cluster.core.reserve(reservation(cpu: 600, for: "web"), now: cluster.now)
    try apply(
      &cluster, ClusterFixture.spec("web", cpu: 300), ClusterFixture.spec("other", cpu: 300))
    func resize(_ name: String, _ cpu: Int64) throws {
      var change = ResourcesChange()
      change.cpuRequest = MilliCPU(cpu)
      _ = try cluster.core.resize(
        ClusterFixture.service(name), ResizeRequest(change: change), now: cluster.now)
      try cluster.obey()
    }
    #expect(
      refusal { try resize("other", 500) }?.details.first?.message.contains("100m of 1") == true)
    try resize("web", 600)
    #expect(held(cluster) == ["host1: 600m of 600m"])
    #expect(refusal { try resize("web", 701) }?.code == .conflict)
    try resize("web", 700)
    #expect(
      cluster.core.instanceView(InstanceID(service: ClusterFixture.service("web"), slot: 0))?
        .resources.memory.isGuaranteed == true, "a resize keeps the guarantee")
    expectRoom(cluster)
    try resize("web", 200)
    #expect(held(cluster) == ["host1: 200m of 600m"])
  }

  @Test("Once its services are known it is held only where labels let them be.")
  func labels() throws {
    var cluster = try cluster(hosts: 2)
    try cluster.join("host9", cpu: 1000, memory: 1024, labels: ["disk": "ssd"])
    _ = try cluster.core.reserve(reservation(cpu: 800, for: "web"), now: cluster.now)
    #expect(held(cluster) == ["host1: 0 of 800m"])
    var web = ClusterFixture.spec("web", cpu: 500)
    web.workload.hosts = ["disk": "ssd"]
    try apply(&cluster, web)
    #expect(held(cluster) == ["host9: 500m of 800m"] && cluster.hosts(of: "web") == [0: "host9"])
    var tape = reservation(cpu: 800, for: "web")
    tape.reservation.name = try ReservationName("second")
    let refused = refusal { _ = try cluster.core.reserve(tape, now: cluster.now) }
    #expect(
      refused?.message.contains("host1 is not for these services") == true, "\(refused as Any)")
  }
}
