// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import TendonModel

extension APIRouter {
  mutating func addAgents() {
    let coordinator = coordinator
    let (token, udpPort) = (tokens.join, udpPort)
    on(.post, "/v1/agents/{host}/session", for: .agents) { request, context in
      let host = try context.host()
      let body = try await request.json(SessionRequest.self)
      return .json(
        try await coordinator.openSession(host, body, joinToken: token, udpPort: udpPort))
    }
    on(.get, "/v1/agents/{host}/stream", for: .agents) { request, context in
      let host = try context.host()
      guard let session = try request.number("session", in: 1...UInt32.max) else {
        throw APIError.bad("session", "is missing")
      }
      let stream = try await coordinator.openStream(host, session: session, hangUp: context.hangUp)
      let end = StreamEnd { byPeer in
        coordinator.streamEnded(host, session: session, number: stream.number, byPeer: byPeer)
      }
      return .lines(stream.queue, of: request, end: end)
    }
    on(.post, "/v1/agents/{host}/reports", for: .agents) { request, context in
      let host = try context.host()
      let body = try await request.json(AgentReport.self)
      try await coordinator.report(host, body)
      return Response(status: .noContent)
    }
    on(.post, "/v1/agents/{host}/replies/{query}", for: .agents) { request, context in
      let host = try context.host()
      let text = try context.parameters.require("query")
      guard let query = UInt64(text) else {
        throw APIError(code: .badRequest, message: "\"\(text)\" is not the number of a query")
      }
      guard let pipe = coordinator.replies.take(query, host: host) else {
        throw APIError(code: .notFound, message: "nobody waits for the answer to query \(query)")
      }
      defer { coordinator.replies.ended(query) }
      return try await Self.pass(request, to: pipe, hangUp: context.hangUp)
    }
  }

  private static func pass(
    _ request: Request, to pipe: ReplyPipe, hangUp: @escaping @Sendable () -> Void
  ) async throws -> Response {
    if try request.flag("failed") {
      do {
        pipe.fail(try await request.json(APIErrorBody.self).error)
      } catch {
        pipe.fail(APIError(code: .internalError, message: "the agent gave no valid answer"))
        throw error
      }
      return Response(status: .noContent)
    }
    pipe.begin(hangUp: hangUp)
    // Also when the agent's connection breaks: what came is all that the reader gets.
    defer { pipe.finish() }
    for try await chunk in request.body {
      guard await pipe.send(chunk) else {
        hangUp()
        throw APIError(code: .conflict, message: "the reader has hung up")
      }
    }
    return Response(status: .noContent)
  }
}
