// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import NIOCore
import TendonModel
import Testing

@testable import TendonCoordinator

@Suite("Questions to agents")
struct ReplyTests {
  /// A cluster with one running instance, and its agent.
  private func run(_ body: @Sendable (TestCluster, inout FakeAgent, Epoch) async throws -> Void)
    async throws
  {
    try await TestCluster.run { cluster in
      var agent = try await FakeAgent.join(cluster)
      _ = try await cluster.applyWeb()
      let placements = try await agent.placements(1)
      _ = try await agent.report(placements)
      try await body(cluster, &agent, placements[0].epoch)
    }
  }

  @Test("Limits are the agent's own fresh reading.")
  func limits() async throws {
    try await run { cluster, agent, epoch in
      async let answer = cluster.call("GET", "/v1/instances/web.0/limits")
      let question = try await agent.question()
      #expect(question.query == .limits(epoch: epoch))
      let knob = KnobReport(
        knob: "pids.max", requested: "limit 7", written: "7", readBack: "7", isInForce: true)
      #expect(try await agent.reply(question.id, String(buffer: JSON.encode([knob]))).status == 204)
      let view = try await answer.json(LimitsView.self)
      #expect(view.knobs == [knob] && view.pid == 4242 && view.host == agent.host)
      #expect(try await agent.reply(question.id, "[]").status == 404)
    }
  }

  @Test("What the agent refuses, the user is refused, in the agent's words.")
  func refused() async throws {
    try await run { cluster, agent, _ in
      async let answer = cluster.call("GET", "/v1/instances/web.0/logs")
      let question = try await agent.question()
      let error = APIError(code: .notFound, message: "its log is gone")
      let body = String(buffer: JSON.encode(APIErrorBody(error: error)))
      #expect(try await agent.reply(question.id, body, failed: true).status == 204)
      let response = try await answer
      #expect(response.status == 404)
      #expect(try response.error() == error)
    }
  }

  @Test("An answer that is no list of knobs is a fault, not a crash.")
  func nonsense() async throws {
    try await run { cluster, agent, _ in
      async let answer = cluster.call("GET", "/v1/instances/web.0/limits")
      let question = try await agent.question()
      _ = try await agent.reply(question.id, "nonsense")
      #expect(try await answer.status == 500)
    }
  }

  @Test("An agent that does not answer is 504 after five seconds.")
  func silent() async throws {
    try await run { cluster, agent, _ in
      let answer = try await cluster.call("GET", "/v1/instances/web.0/limits")
      #expect(answer.status == 504)
      #expect(try answer.error().message.contains("h1 did not answer within 5s"))
      let question = try await agent.question()
      #expect(try await agent.reply(question.id, "[]").status == 404)
    }
  }

  @Test("Without a connected agent the question is refused at once.")
  func nobody() async throws {
    try await TestCluster.run { cluster in
      _ = try await cluster.applyWeb()
      let answer = try await cluster.call("GET", "/v1/instances/web.0/logs")
      #expect(answer.status == 409)
      #expect(try answer.error().message.contains("no host"))
    }
  }

  @Test("Logs arrive as the agent sends them, and end when it ends.")
  func logs() async throws {
    try await run { cluster, agent, epoch in
      async let opening = cluster.lines("/v1/instances/web.0/logs?stream=stderr&tail=5&follow=true")
      let question = try await agent.question()
      #expect(
        question.query
          == .logs(epoch: epoch, request: LogRequest(stream: .stderr, tailLines: 5, follow: true)))
      let (chunks, source) = AsyncStream<ByteBuffer>.makeStream()
      let (id, host) = (question.id, agent.host)
      async let reply = cluster.reply(to: id, of: host, stream: chunks)
      source.yield(ByteBuffer(string: "first\nsecond\n"))
      var logs = try await opening
      #expect(try await logs.next() == "first")
      #expect(try await logs.next() == "second")
      source.yield(ByteBuffer(string: "third\n"))
      #expect(try await logs.next() == "third")
      source.finish()
      #expect(try await logs.next() == nil)
      #expect(try await reply.status == 204)
    }
  }

  @Test("When the reader hangs up, the agent is told by the end of its connection.")
  func hangUp() async throws {
    try await run { cluster, agent, _ in
      let (chunks, source) = AsyncStream<ByteBuffer>.makeStream()
      // Reads one line and hangs up.
      async let reading: Void = {
        var reader = try await cluster.lines("/v1/instances/web.0/logs?follow=true")
        #expect(try await reader.next() == "first")
      }()
      let (id, host) = (try await agent.question().id, agent.host)
      source.yield(ByteBuffer(string: "first\n"))
      async let reply = cluster.reply(to: id, of: host, stream: chunks)
      try await reading
      // The reader is gone: the agent's upload ends without its doing.
      do {
        #expect(try await reply.status == 409)
      } catch is HTTPClientError {
        // Or its connection is closed before it has the answer.
      }
    }
  }
}
