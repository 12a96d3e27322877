// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import TendonModel

extension APIRouter {
  mutating func addInstances() {
    let coordinator = coordinator
    on(.get, "/v1/instances") { request, _ in
      let service = try request.query("service", ServiceName.init)
      if try request.flag("watch") {
        return await Self.watch(.instances(service), request, coordinator)
      }
      return .json(await coordinator.instances(of: service))
    }
    on(.get, "/v1/instances/{id}") { _, context in
      let id = try context.instance()
      guard let view = await coordinator.instance(id) else { throw APIError.noInstance(id) }
      return .json(view)
    }
    on(.post, "/v1/instances/{id}/release") { _, context in
      let id = try context.instance()
      return .json(try await coordinator.release(id.service, slot: id.slot))
    }
    on(.get, "/v1/instances/{id}/limits") { _, context in
      let id = try context.instance()
      let question = try await coordinator.ask(id) { .limits(epoch: $0) }
      try await question.pipe.begun()
      var body = ByteBuffer()
      while let chunk = await question.pipe.next() {
        body.writeImmutableBuffer(chunk)
        guard body.readableBytes <= APIContext.largestBody else {
          question.pipe.cancel()
          throw APIError(code: .internalError, message: "the agent's answer is too large")
        }
      }
      let knobs: [KnobReport]
      do throws(APIError) {
        knobs = try JSON.decode([KnobReport].self, from: body)
      } catch {
        throw APIError(
          code: .internalError,
          message: "the agent on \(question.placement.host) gave no valid answer",
          details: error.details)
      }
      return .json(
        LimitsView(
          id: id, host: question.placement.host,
          pid: await coordinator.pid(of: question.placement.epoch), knobs: knobs))
    }
    on(.get, "/v1/instances/{id}/logs") { request, context in
      let id = try context.instance()
      let logs = try Self.logRequest(of: request)
      let question = try await coordinator.ask(id) { .logs(epoch: $0, request: logs) }
      try await question.pipe.begun()
      return Self.bytes(question.pipe, of: request)
    }
  }

  private static func logRequest(of request: Request) throws(APIError) -> LogRequest {
    var stream: LogRequest.Stream?
    if let text = request.query("stream") {
      stream = LogRequest.Stream(rawValue: text)
      guard stream != nil else { throw .bad("stream", "\"\(text)\" is neither stdout nor stderr") }
    }
    var since: LogMoment?
    if let text = request.query("since") {
      do { since = try LogMoment(text) } catch { throw .bad("since", error.description) }
    }
    let (previous, follow) = (try request.flag("previous"), try request.flag("follow"))
    guard !(previous && follow) else {
      throw .bad("follow", "nothing is appended to a previous run's output")
    }
    return LogRequest(
      stream: stream, tailLines: try request.number("tail", in: 0...1_000_000_000), since: since,
      previous: previous, follow: follow)
  }

  /// Passes an agent's answer on as it comes, no faster than it is read.
  static func bytes(
    _ pipe: ReplyPipe, of request: Request, ended: @escaping @Sendable () -> Void = {}
  ) -> Response {
    let end = StreamEnd { _ in
      pipe.cancel()
      ended()
    }
    let body = ResponseBody { writer in
      defer { end.reached(byPeer: false) }
      try await request.body.consumeWithInboundCloseHandler { _ in
        try await withGracefulShutdownHandler {
          while let chunk = await pipe.next() { try await writer.write(chunk) }
        } onGracefulShutdown: {
          pipe.cancel()
        }
        try await writer.finish(nil)
      } onInboundClosed: {
        end.reached(byPeer: true)
      }
    }
    return Response(
      status: .ok,
      headers: .ofStream(type: "application/octet-stream"), body: body)
  }
}
