// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import TendonCoordinator

@Suite("Agents' streams")
struct AgentStreamTests {
  @Test("A stream begins with a snapshot and goes on with what is committed.")
  func stream() async throws {
    try await TestCluster.run { cluster in
      var agent = try await FakeAgent.join(cluster)
      #expect(cluster.sessions.session(of: agent.host) == agent.grant.sessionID)
      #expect(try await cluster.applyWeb(replicas: 3).status == 200)
      let placements = try await agent.placements(3)
      #expect(placements.map(\.instance.slot).sorted() == [0, 1, 2])
      #expect(try await agent.report(placements).status == 204)
      let views = try await cluster.call("GET", "/v1/instances?service=web")
        .json([InstanceView].self)
      #expect(views.map(\.state) == [.running, .running, .running])
      #expect(try await cluster.call("DELETE", "/v1/services/web").status == 200)
      #expect(try await agent.placements(0).isEmpty)
      #expect(try await agent.report([], removed: placements.map(\.epoch)).status == 204)
      #expect(try await cluster.call("GET", "/v1/services").text == "[]")
    }
  }

  @Test("A new stream takes the place of the old one and begins with everything.")
  func replaced() async throws {
    try await TestCluster.run { cluster in
      var first = try await FakeAgent.join(cluster)
      #expect(try await cluster.applyWeb(replicas: 2).status == 200)
      _ = try await first.placements(2)
      var second = try await FakeAgent.join(cluster)
      guard case .snapshot(_, let placements) = try await second.next() else {
        Issue.record("the first line must be the snapshot")
        return
      }
      #expect(placements.count == 2)
      // The old one ends; what its end looks like to the client depends on the moment.
      let rest = try? await first.stream.next()
      #expect(rest == nil)
      let host = try await cluster.call("GET", "/v1/hosts/h1").json(HostView.self)
      #expect(host.isConnected)
    }
  }

  @Test("An agent that hangs up is known to be gone at once.")
  func closed() async throws {
    try await TestCluster.run { cluster in
      var watch = try await cluster.lines("/v1/hosts?watch=true")
      do {
        var agent = try await FakeAgent.join(cluster)
        _ = try await agent.next()
        while true {
          guard case .put(let host) = try #require(try await watch.next(WatchLine<HostView>.self))
          else { continue }
          if host.isConnected { break }
        }
      }
      while true {
        guard case .put(let host) = try #require(try await watch.next(WatchLine<HostView>.self))
        else { continue }
        if !host.isConnected { break }
      }
    }
  }

  @Test("A stream or report of a session that is over is refused with 409.")
  func stale() async throws {
    try await TestCluster.run { cluster in
      var old = try await FakeAgent.join(cluster)
      _ = try await FakeAgent.session(cluster, "h1")
      let report = try await old.report([])
      #expect(report.status == 409)
      let stream = try await cluster.lines(
        "/v1/agents/h1/stream?session=\(old.grant.sessionID)", token: TestCluster.joinToken)
      #expect(stream.status == 409)
    }
  }

  @Test("A session needs a nonce of 32 hexadecimal digits.")
  func nonce() async throws {
    try await TestCluster.run { cluster in
      let body = """
        {"facts": {"capacity": {"cpu": "1", "memory": "1Gi"}, "labels": {}, "address": "a",
         "kernel": "6", "controllers": [], "version": "1"},
         "incarnation": {"boot_high": 1, "boot_low": 1, "agent_started_at": 1}, "nonce": "xyz"}
        """
      let answer = try await cluster.call(
        "POST", "/v1/agents/h1/session", body, token: TestCluster.joinToken)
      #expect(answer.status == 400)
      #expect(try answer.error().message.contains("nonce"))
    }
  }

  @Test("An agent that does not read is cut off, and the memory it holds is bounded.")
  func slow() throws {
    let streams = AgentStreams()
    let host = try HostID("h1")
    let hungUp = OneShot<Void>()
    let queue = LineQueue(limit: 100)
    streams.open(
      AgentStreams.Stream(number: 1, queue: queue, hangUp: { hungUp.resolve(()) }), of: host,
      first: .snapshot(revision: Revision(1), placements: []))
    while streams.send(.keepAlive, to: host) {}
    #expect(queue.isFinished)
    #expect(!streams.send(.keepAlive, to: host))
  }
}
