// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Synchronization
import TendonCore
import TendonModel
import TendonStore
import Testing

@testable import TendonCoordinator

@Suite("Commits")
struct CommitTests {
  @Test("An apply is answered with its durable revision, in YAML and in both forms of JSON.")
  func apply() async throws {
    try await TestCluster.run { cluster in
      let yaml = try await cluster.applyWeb()
      #expect(yaml.status == 200)
      let first = try yaml.json(ApplyResponse.self)
      #expect(first.services.map(\.outcome) == [.created])
      let view = try await cluster.call("GET", "/v1/services/web").json(ServiceView.self)
      #expect(first.revision >= view.revision)
      let again = try await cluster.call(
        "POST", "/v1/apply", String(buffer: JSON.encode(ApplyRequest(services: [view.spec]))))
      #expect(try again.json(ApplyResponse.self).services.map(\.outcome) == [.unchanged])
      let document = try await cluster.call(
        "POST", "/v1/apply", #"{"name": "api", "command": ["/bin/true"]}"#)
      #expect(try document.json(ApplyResponse.self).services.map(\.outcome) == [.created])
      let names = try await cluster.call("GET", "/v1/services").json([ServiceView].self)
      #expect(names.map(\.spec.name.rawValue) == ["api", "web"])
    }
  }

  @Test("A spec in an ApplyRequest passes the same checks as a file.")
  func sameChecks() async throws {
    try await TestCluster.run { cluster in
      let spec = ServiceSpec(
        name: try ServiceName("web"), command: ["a"],
        resources: Resources(
          cpu: CPUResources(request: MilliCPU(500), limit: .value(MilliCPU(100)))))
      let answer = try await cluster.call(
        "POST", "/v1/apply", String(buffer: JSON.encode(ApplyRequest(services: [spec]))))
      #expect(answer.status == 400)
      let detail = try #require(try answer.error().details.first)
      #expect(detail.subject == "resources.cpu.request" && detail.line == nil)
    }
  }

  @Test(
    "When a commit fails, the request gets 503 with the store's words, and nothing has changed.")
  func failure() async throws {
    let store = ControlledStore()
    try await TestCluster.run(store: store) { cluster in
      var agent = try await FakeAgent.join(cluster)
      store.fail(with: .diskFull(path: "/data/tendon.sqlite"))
      let refused = try await cluster.applyWeb()
      #expect(refused.status == 503)
      #expect(try refused.error().message.contains("disk that holds /data/tendon.sqlite is full"))
      #expect(try await cluster.call("GET", "/v1/services").text == "[]")
      store.fail(with: nil)
      #expect(try await cluster.applyWeb(name: "later").status == 200)
      // The first placement the agent ever hears of is that of the second apply.
      let placements = try await agent.placements(1)
      #expect(placements.map(\.instance.service.rawValue) == ["later"])
    }
  }

  @Test("While a commit is under way nobody is answered, shown or sent anything of it.")
  func nothingBefore() async throws {
    let store = ControlledStore()
    try await TestCluster.run(store: store) { cluster in
      var agent = try await FakeAgent.join(cluster)
      guard case .snapshot(_, let before) = try await agent.next() else {
        Issue.record("the first line must be the snapshot")
        return
      }
      #expect(before.isEmpty)
      store.hold()
      async let applied = cluster.applyWeb()
      await store.commitIsHeld()
      #expect(try await cluster.call("GET", "/v1/services").text == "[]")
      // A line that is sent now overtakes nothing: the stream is in order.
      cluster.coordinator.streams.send(
        .query(id: 999, query: .limits(epoch: Epoch(1))), to: agent.host)
      #expect(try await agent.next() == .query(id: 999, query: .limits(epoch: Epoch(1))))
      store.letGo()
      let answer = try await applied
      #expect(answer.status == 200)
      #expect(try await agent.placements(1).count == 1)
    }
  }

  @Test("Requests that come together are committed together.")
  func group() async throws {
    let store = ControlledStore(delay: .milliseconds(30))
    try await TestCluster.run(store: store) { cluster in
      let before = store.commits
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for index in 0..<100 {
          group.addTask { try await cluster.applyWeb(name: "web-\(index)").status }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses == Array(repeating: 200, count: 100))
      #expect(store.commits - before < 40)
      #expect(try await cluster.call("GET", "/v1/services").json([ServiceView].self).count == 100)
    }
  }

  @Test("One request's refusal does not touch the others of its batch.")
  func mixed() async throws {
    let store = ControlledStore(delay: .milliseconds(20))
    try await TestCluster.run(store: store) { cluster in
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for index in 0..<20 {
          group.addTask {
            index.isMultiple(of: 2)
              ? try await cluster.applyWeb(name: "web-\(index)").status
              : try await cluster.call("DELETE", "/v1/services/none-\(index)").status
          }
        }
        return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
      }
      #expect(statuses == [200: 10, 404: 10])
    }
  }

  @Test("A coordinator that starts on the store of another knows all that was acknowledged.")
  func restart() async throws {
    let disk = MemoryStore.Disk()
    try await TestCluster.run(store: MemoryStore(disk: disk)) { cluster in
      let applied = try await cluster.applyWeb(replicas: 3)
      let scaled = try await cluster.call("POST", "/v1/services/web/scale", #"{"replicas": 5}"#)
      #expect(applied.status == 200 && scaled.status == 200)
    }
    try await TestCluster.run(store: MemoryStore(disk: disk)) { cluster in
      let view = try await cluster.call("GET", "/v1/services/web").json(ServiceView.self)
      #expect(view.spec.replicas == 5)
      let version = try await cluster.call("GET", "/v1/version").json(VersionView.self)
      #expect(version.coordinatorEpoch == 2)
    }
  }

  @Test("What was observed while the store failed is committed when it works again.")
  func stalled() async throws {
    let store = ControlledStore()
    var settings = TestCluster.patient
    // The clock's jump below is the host's silence, not the coordinator's own pause.
    settings.detection.pauseThreshold = .seconds(36_000)
    let jump = Mutex(Duration.zero)
    let clock: @Sendable () -> Now = {
      var now = SystemTime.now()
      now.monotonic = now.monotonic + jump.withLock { $0 }
      return now
    }
    try await TestCluster.run(store: store, settings: settings, clock: clock) { cluster in
      var agent = try await FakeAgent.join(cluster)
      _ = try await cluster.applyWeb()
      _ = try await agent.report(try await agent.placements(1))
      store.fail(with: .diskFull(path: "/data"))
      jump.withLock { $0 = .seconds(3601) }
      while try await cluster.call("GET", "/v1/hosts/h1").json(HostView.self).state != .down {}
      #expect(try await cluster.applyWeb(name: "api").status == 503)
      store.fail(with: nil)
      while try await cluster.applyWeb(name: "api").status != 200 {}
      let events = try await cluster.call("GET", "/v1/events?host=h1").json([ClusterEvent].self)
      #expect(events.contains { $0.reason == "host-down" })
      #expect(try await store.load().events.contains { $0.reason == "host-down" })
      let logs = try await cluster.call("GET", "/v1/instances/web.0/logs")
      #expect(logs.status == 503)
      #expect(try logs.error().message.contains("down"))
    }
  }
}
