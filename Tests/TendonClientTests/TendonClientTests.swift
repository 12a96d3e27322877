// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import TendonClient

@Suite("The client")
struct TendonClientTests {
  private let version = #"{"version":"0.1.0","coordinator_epoch":3,"revision":17}"#

  /// The error that `body` throws.
  private func error(_ body: () async throws -> Void) async -> ClientError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? ClientError
    }
  }

  @Test("An answer is decoded, and the request carries the token and the route.")
  func answers() async throws {
    try await ScriptedServer.run(ScriptedServer.answer("200 OK", version)) { client, server in
      #expect(
        try await client.version()
          == VersionView(version: "0.1.0", coordinatorEpoch: 3, revision: Revision(17)))
      let request = try #require(server.requests.first)
      #expect(request.hasPrefix("GET /v1/version HTTP/1.1\r\n"))
      #expect(request.lowercased().contains("authorization: bearer secret\r\n"))
    }
  }

  @Test("A request's body is the API's JSON.")
  func sendsBodies() async throws {
    let answer = #"{"revision":18,"message":"web will have 5 instances"}"#
    try await ScriptedServer.run(ScriptedServer.answer("200 OK", answer)) { client, server in
      let response = try await client.scale(ServiceName("web"), to: 5)
      #expect(response.revision == Revision(18))
      let request = try #require(server.requests.first)
      #expect(request.hasPrefix("POST /v1/services/web/scale HTTP/1.1\r\n"))
      #expect(request.hasSuffix("\r\n\r\n{\"replicas\":5}"))
    }
  }

  @Test("A refusal keeps its code, message and details.")
  func refusals() async throws {
    let body = #"{"error":{"code":"not_found","message":"no web","details":[{"message":"why"}]}}"#
    try await ScriptedServer.run(ScriptedServer.answer("404 Not Found", body)) { client, _ in
      let refusal = APIError(
        code: .notFound, message: "no web", details: [ErrorDetail(message: "why")])
      #expect(
        await error { _ = try await client.service(ServiceName("web")) }
          == .refused(refusal, status: 404))
    }
  }

  @Test(
    "What is not the API's is not taken for it.",
    arguments: [
      ("502 Bad Gateway", "<html>"), ("200 OK", "<html>"), ("200 OK", "{}"),
      ("200 OK", #"{"version":1,"coordinator_epoch":3,"revision":17}"#),
    ])
  func malformed(_ status: String, _ body: String) async throws {
    try await ScriptedServer.run(ScriptedServer.answer(status, body)) { client, _ in
      let error = await error { _ = try await client.version() }
      guard case .malformedAnswer = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test("An answer larger than the bound is refused.")
  func tooLarge() async throws {
    var settings = TendonClient.Settings()
    settings.largestAnswer = 20
    let answer = ScriptedServer.answer("200 OK", version)
    try await ScriptedServer.run(answer, settings: settings) { client, _ in
      let error = await error { _ = try await client.version() }
      #expect(
        error == .malformedAnswer(client.address, why: "it is larger than this program takes"))
    }
  }

  @Test("Nobody listening is told at once.")
  func connectionRefused() async throws {
    let server = try await ScriptedServer([], then: .close)
    let address = try server.address
    try await server.close()
    let client = TendonClient(address: address, token: "t")
    let error = await error { _ = try await client.version() }
    try await client.shutdown()
    #expect(error == .unreachable(address, why: "connection refused"))
  }

  @Test(
    "An answer that does not come, or not to its end, is given up in time.",
    arguments: [[], ["HTTP/1.1 200 OK\r\n"], ["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"]])
  func timesOut(_ chunks: [String]) async throws {
    var settings = TendonClient.Settings()
    settings.requestTimeout = .milliseconds(100)
    try await ScriptedServer.run(chunks, then: .hold, settings: settings) { client, _ in
      let error = await error { _ = try await client.version() }
      #expect(error == .unreachable(client.address, why: "no answer within 100ms"))
    }
  }

  @Test("An answer cut off in its middle is no answer.")
  func cutOff() async throws {
    let half = ["HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"]
    try await ScriptedServer.run(half) { client, _ in
      let error = await error { _ = try await client.version() }
      #expect(error == .unreachable(client.address, why: "the connection was closed"))
    }
  }

  @Test("What does not speak HTTP is not Tendon.")
  func notHTTP() async throws {
    try await ScriptedServer.run(["SSH-2.0-server\r\n"]) { client, _ in
      let error = await error { _ = try await client.version() }
      #expect(error == .malformedAnswer(client.address, why: "it is not HTTP"))
    }
  }

  @Test("A cancelled request ends, and says so.")
  func cancellation() async throws {
    try await ScriptedServer.run([], then: .hold) { client, _ in
      let outcome = await withTaskGroup(of: ClientError?.self) { group in
        group.addTask { await self.error { _ = try await client.version() } }
        group.cancelAll()
        return await group.next() ?? nil
      }
      #expect(outcome == .cancelled)
    }
  }
}
