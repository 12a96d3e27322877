// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import TendonModel
import Testing

@testable import TendonCoordinator

@Suite("Commands in instances")
struct ExecTests {
  private func run(_ body: @Sendable (TestCluster, inout FakeAgent) async throws -> Void)
    async throws
  {
    try await TestCluster.run { cluster in
      var agent = try await FakeAgent.join(cluster)
      _ = try await cluster.applyWeb()
      _ = try await agent.report(try await agent.placements(1))
      try await body(cluster, &agent)
    }
  }

  private func post(
    _ cluster: TestCluster, _ request: ExecRequest
  ) async throws -> HTTPClientResponse {
    var http = cluster.request(
      "POST", "/v1/instances/web.0/exec", type: "application/json")
    http.body = .bytes(JSON.encode(request))
    return try await cluster.http.execute(http, timeout: .seconds(30))
  }

  @Test(
    "Output comes as the agent sends it, input gets to the agent, and an event tells who ran what.")
  func bothWays() async throws {
    try await run { cluster, agent in
      let request = ExecRequest(
        command: ["sh", "-c", "cat"], hasInput: true, user: "nobody", by: "me@here")
      async let answer = post(cluster, request)
      let question = try await agent.question()
      guard case .exec(_, request) = question.query else {
        Issue.record("\(question.query)")
        return
      }
      let (output, source) = AsyncStream<ByteBuffer>.makeStream()
      let (id, host) = (question.id, agent.host)
      async let reply = cluster.reply(to: id, of: host, stream: output)
      source.yield(ByteBuffer(bytes: ExecFrame.output([1]).bytes))
      let response = try await answer
      #expect(response.status == .ok)
      #expect(response.headers.first(name: ExecRequest.numberHeader) == String(id))
      var frames = response.body.makeAsyncIterator()
      #expect(try await frames.next().map { Array(buffer: $0) } == ExecFrame.output([1]).bytes)

      let (input, user) = AsyncStream<ByteBuffer>.makeStream()
      var upload = cluster.request("POST", "/v1/execs/\(id)/input")
      upload.body = .stream(input, length: .unknown)
      let sent = upload
      async let sending = cluster.answer(to: sent)
      user.yield(ByteBuffer(string: "typed\n"))
      var taken = try await cluster.lines(
        "/v1/agents/\(host)/execs/\(id)/input", token: TestCluster.joinToken)
      #expect(try await taken.next() == "typed")
      user.finish()
      // The user's end is the agent's end.
      #expect(try await taken.next() == nil)
      #expect(try await sending.status == 204)
      source.yield(ByteBuffer(bytes: ExecFrame.ended(.exited(code: 3)).bytes))
      source.finish()
      #expect(
        try await frames.next().map { Array(buffer: $0) }
          == ExecFrame.ended(.exited(code: 3)).bytes)
      #expect(try await frames.next() == nil)
      #expect(try await reply.status == 204)
      let events = try await cluster.call("GET", "/v1/events?instance=web.0").json(
        [ClusterEvent].self)
      let event = try #require(events.first { $0.reason == "exec" })
      #expect(event.message == "me@here runs sh -c cat as nobody in it" && event.host == host)
      #expect(!events.contains { $0.message.contains("typed") })
      // It is over: nobody can send to it any more.
      #expect(try await cluster.call("POST", "/v1/execs/\(id)/input", "x").status == 404)
    }
  }

  @Test("When the user hangs up, the agent's reply and its request for input end.")
  func hangUp() async throws {
    try await run { cluster, agent in
      let (output, source) = AsyncStream<ByteBuffer>.makeStream()
      async let using: Void = {
        let response = try await post(cluster, ExecRequest(command: ["sleep", "9"]))
        var frames = response.body.makeAsyncIterator()
        #expect(try await frames.next() != nil)
        // The iterator goes, and the connection with it.
      }()
      let (id, host) = (try await agent.question().id, agent.host)
      async let reply = cluster.reply(to: id, of: host, stream: output)
      source.yield(ByteBuffer(bytes: ExecFrame.output([1]).bytes))
      var taken = try await cluster.lines(
        "/v1/agents/\(host)/execs/\(id)/input", token: TestCluster.joinToken)
      try await using
      #expect(try await taken.next() == nil)
      do {
        #expect(try await reply.status == 409)
      } catch is HTTPClientError {
        // Or its connection is closed before it has the answer.
      }
    }
  }

  @Test("What the agent refuses, the user is refused, and no event says that it ran.")
  func refused() async throws {
    try await run { cluster, agent in
      async let answer = cluster.call(
        "POST", "/v1/instances/web.0/exec",
        String(buffer: JSON.encode(ExecRequest(command: ["nope"]))))
      let question = try await agent.question()
      let error = APIError(code: .conflict, message: "exec nope: No such file or directory")
      _ = try await agent.reply(
        question.id, String(buffer: JSON.encode(APIErrorBody(error: error))), failed: true)
      #expect(try await answer.error() == error)
      let events = try await cluster.call("GET", "/v1/events").json([ClusterEvent].self)
      #expect(!events.contains { $0.reason == "exec" })
    }
  }

  @Test(
    "A request that can't be is refused before anybody is asked.",
    arguments: [
      #"{"command":[],"has_input":false}"#, #"{"command":["a\u0000b"],"has_input":false}"#, "{}",
    ])
  func bad(body: String) async throws {
    try await run { cluster, _ in
      #expect(try await cluster.call("POST", "/v1/instances/web.0/exec", body).status == 400)
      #expect(try await cluster.call("POST", "/v1/execs/77/input", "x").status == 404)
      #expect(try await cluster.call("POST", "/v1/execs/x/input", "x").status == 400)
      let logs = try await cluster.call("GET", "/v1/instances/web.0/logs?since=soon")
      #expect(logs.status == 400 && logs.text.contains("10m"))
    }
  }
}

extension [UInt8] {
  fileprivate init(buffer: ByteBuffer) { self = Array(buffer.readableBytesView) }
}
