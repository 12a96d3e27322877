// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonCore
import TendonModel
import Testing

@testable import TendonCoordinator

@Suite("Watches")
struct WatchTests {
  @Test("A watch of services begins with all there are, then syncs, then tells changes.")
  func services() async throws {
    try await TestCluster.run { cluster in
      _ = try await cluster.applyWeb()
      var watch = try await cluster.lines("/v1/services?watch=true")
      guard case .put(let view) = try await watch.next(WatchLine<ServiceView>.self) else {
        Issue.record("the first line must be the service")
        return
      }
      #expect(view.spec.name.rawValue == "web")
      guard case .synced = try await watch.next(WatchLine<ServiceView>.self) else {
        Issue.record("the second line must be synced")
        return
      }
      _ = try await cluster.applyWeb(name: "api")
      while true {
        let line = try #require(try await watch.next(WatchLine<ServiceView>.self))
        if case .put(let view) = line, view.spec.name.rawValue == "api" { break }
      }
      _ = try await cluster.call("DELETE", "/v1/services/web")
      while try await watch.next(WatchLine<ServiceView>.self) != .removed("web") {}
    }
  }

  @Test("A watch of one service's instances hears of no other's.")
  func instances() async throws {
    try await TestCluster.run { cluster in
      var agent = try await FakeAgent.join(cluster)
      var watch = try await cluster.lines("/v1/instances?service=api&watch=true")
      guard case .synced = try await watch.next(WatchLine<InstanceView>.self) else {
        Issue.record("nothing runs yet")
        return
      }
      _ = try await cluster.applyWeb()
      _ = try await cluster.applyWeb(name: "api")
      _ = try await agent.report(try await agent.placements(2))
      while true {
        guard case .put(let view) = try #require(try await watch.next(WatchLine<InstanceView>.self))
        else { continue }
        #expect(view.id.service.rawValue == "api")
        if view.state == .running { break }
      }
    }
  }

  @Test("Events can be filtered, limited and followed.")
  func events() async throws {
    try await TestCluster.run { cluster in
      _ = try await cluster.applyWeb()
      _ = try await cluster.applyWeb(name: "api")
      let api = try await cluster.call("GET", "/v1/events?service=api").json([ClusterEvent].self)
      #expect(!api.isEmpty && api.allSatisfy { $0.service?.rawValue == "api" })
      let one = try await cluster.call("GET", "/v1/events?limit=1").json([ClusterEvent].self)
      #expect(one.count == 1)
      let last = try #require(one.first)
      let later = try await cluster.call("GET", "/v1/events?since=\(last.revision)")
      #expect(later.text == "[]")
      var watch = try await cluster.lines(
        "/v1/events?service=web&since=\(last.revision)&watch=true")
      guard case .synced = try await watch.next(WatchLine<ClusterEvent>.self) else {
        Issue.record("there are no later events yet")
        return
      }
      _ = try await cluster.call("POST", "/v1/services/web/scale", #"{"replicas": 4}"#)
      guard case .put(let event) = try await watch.next(WatchLine<ClusterEvent>.self) else {
        Issue.record("the scaling must be told")
        return
      }
      #expect(event.service?.rawValue == "web")
    }
  }

  @Test("A watcher that does not read is dropped, with a last line that says why.")
  func slow() async throws {
    let name = try ServiceName("web")
    var core = CoordinatorCore(
      stored: .init(), settings: CoordinatorSettings(), coordinatorEpoch: 1, now: SystemTime.now())
    let spec = ServiceSpec(
      name: name, command: ["a"], env: ["LARGE": String(repeating: "x", count: 100_000)])
    _ = try core.apply([spec], now: SystemTime.now())
    let step = core.drain()
    var hub = WatchHub()
    let queue = hub.add(.services, core: core, now: SystemTime.now())
    for _ in 0..<100 { hub.publish(step, core: core, now: SystemTime.now()) }
    #expect(hub.count == 0)
    let rest = try #require(await queue.next())
    let error = try JSON.decode(APIErrorBody.self, from: rest)
    #expect(error.error.message.contains("waiting to be read"))
    #expect(await queue.next() == nil)
  }
}
