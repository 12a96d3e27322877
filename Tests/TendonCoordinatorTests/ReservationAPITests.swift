// SPDX-License-Identifier: Apache-2.0
import TendonModel
import TendonStore
import Testing

@testable import TendonCoordinator

@Suite("Reservations over the API")
struct ReservationAPITests {
  private static let burst =
    #"{"reservation":{"name":"burst","amount":{"cpu":"6","memory":"4Gi"},"services":["web"]}}"#

  @Test("One is made, shown, followed, drawn on, and given up; and another coordinator knows it.")
  func life() async throws {
    let store = MemoryStore()
    try await TestCluster.run(store: store) { cluster in
      var agent = try await FakeAgent.join(cluster)
      var watch = try await cluster.lines("/v1/reservations?watch=true")
      guard case .synced = try await watch.next(WatchLine<ReservationView>.self) else {
        Issue.record("there is none yet")
        return
      }
      let made = try await cluster.call("POST", "/v1/reservations", Self.burst)
      #expect(made.status == 200, "\(made.text)")
      let word = try made.json(ChangeResponse.self).message
      #expect(word == "6 CPU and 4Gi memory is held for burst: 6 CPU and 4Gi memory on h1")
      guard case .put(let view) = try await watch.next(WatchLine<ReservationView>.self) else {
        Issue.record("the watch must tell of it")
        return
      }
      #expect(view.name.rawValue == "burst" && view.state == .held)
      #expect(view.holds.map(\.host) == [agent.host])
      _ = try await cluster.applyWeb()
      let placement = try #require(try await agent.placements(1).first)
      #expect(placement.reservation == view.name && placement.resources.memory.isGuaranteed)
      _ = try await agent.report([placement])
      let list = try await cluster.call("GET", "/v1/reservations").json([ReservationView].self)
      #expect(list.first?.instances.map(\.description) == ["web.0"])
      #expect(list.first?.drawn.cpu == MilliCPU(100))
      let host = try await cluster.call("GET", "/v1/hosts/h1").json(HostView.self)
      #expect(host.reservations?.first?.free.cpu == MilliCPU(5900))
      let events = try await cluster.call("GET", "/v1/events?reservation=burst")
        .json([ClusterEvent].self)
      #expect(events.map(\.reason) == ["reservation-created", "reservation-held"])
    }
    try await TestCluster.run(store: store) { cluster in
      let one = try await cluster.call("GET", "/v1/reservations/burst").json(ReservationView.self)
      #expect(one.instances.map(\.description) == ["web.0"])
      let why = try await cluster.call("GET", "/v1/why/burst").json(WhyView.self)
      #expect(why.summary.contains("is held for burst"), "\(why.summary)")
      #expect(try await cluster.call("GET", "/v1/reservations/burst/why").status == 200)
      #expect(try await cluster.call("DELETE", "/v1/reservations/burst").status == 200)
      #expect(try await cluster.call("GET", "/v1/reservations/burst").status == 404)
    }
    #expect(try await store.load().reservations.isEmpty)
  }

  @Test(
    "What is wrong is refused with its place, and nothing is made.",
    arguments: [
      ("{}", 400, "reservation"),
      (
        #"{"reservation":{"name":"A","amount":{"cpu":"1","memory":"0"},"services":[]}}"#, 400,
        "lower"
      ),
      (
        #"{"reservation":{"name":"a","amount":{"cpu":"x","memory":"0"},"services":[]}}"#, 400, "cpu"
      ),
      (
        #"{"reservation":{"name":"a","amount":{"cpu":"0","memory":"0"},"services":[]}}"#, 400,
        "holds nothing"
      ),
      (
        #"{"reservation":{"name":"a","amount":{"cpu":"9","memory":"0"},"services":[]}}"#, 409,
        "1 CPU is missing"
      ),
    ])
  func bad(body: String, status: Int, says: String) async throws {
    try await TestCluster.run { cluster in
      _ = try await FakeAgent.join(cluster)
      let answer = try await cluster.call("POST", "/v1/reservations", body)
      #expect(answer.status == status && answer.text.contains(says), "\(answer.text)")
      #expect(try await cluster.call("GET", "/v1/reservations").text == "[]")
      #expect(try await cluster.call("DELETE", "/v1/reservations/nope").status == 404)
      #expect(try await cluster.call("GET", "/v1/reservations/NOPE").status == 400)
    }
  }
}
