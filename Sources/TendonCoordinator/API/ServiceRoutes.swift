// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import TendonModel
import TendonSpec

extension APIRouter {
  mutating func addServices() {
    let coordinator = coordinator
    on(.post, "/v1/apply") { request, _ in
      .json(try await coordinator.apply(try await SpecBody.specs(of: request)))
    }
    on(.post, "/v1/plan") { request, _ in
      .json(try await coordinator.plan(try await SpecBody.specs(of: request)))
    }
    on(.post, "/v1/capacity") { request, _ in
      .json(try await coordinator.capacity(for: try await SpecBody.specs(of: request)))
    }
    on(.get, "/v1/services") { request, _ in
      if try request.flag("watch") {
        return await Self.watch(.services, request, coordinator)
      }
      return .json(await coordinator.services())
    }
    on(.get, "/v1/services/{name}") { _, context in
      let name = try context.service()
      guard let view = await coordinator.service(name) else {
        throw APIError(code: .notFound, message: "there is no service \(name)")
      }
      return .json(view)
    }
    on(.delete, "/v1/services/{name}") { _, context in
      .json(try await coordinator.delete(try context.service()))
    }
    on(.post, "/v1/services/{name}/scale") { request, context in
      let name = try context.service()
      let body = try await request.json(ScaleRequest.self)
      return .json(try await coordinator.scale(name, to: body.replicas))
    }
    on(.post, "/v1/services/{name}/run") { _, context in
      .json(try await coordinator.run(try context.service()))
    }
    on(.post, "/v1/services/{name}/release") { _, context in
      .json(try await coordinator.release(try context.service()))
    }
    on(.post, "/v1/services/{name}/resize") { request, context in
      let arrivedAt = ContinuousClock.now
      let name = try context.service()
      let body = try await request.json(ResizeRequest.self)
      return .json(try await coordinator.resize(name, body, arrivedAt: arrivedAt))
    }
  }

  /// A list that goes on.
  static func watch(
    _ subject: WatchHub.Subject, _ request: Request, _ coordinator: Coordinator
  ) async -> Response {
    let queue = await coordinator.watch(subject)
    let end = StreamEnd { _ in coordinator.watchEnded(queue) }
    return .lines(queue, of: request, end: end)
  }
}

/// The two forms of an apply's body, checked by the one validator.
enum SpecBody {
  static func specs(of request: Request) async throws -> [ServiceSpec] {
    let body = try await request.body.collect(upTo: APIContext.largestBody)
    let text = String(buffer: body)
    let type = request.headers[.contentType]?.split(separator: ";").first.map {
      $0.lowercased().filter { !$0.isWhitespace }
    }
    switch type {
    case "application/yaml", "application/x-yaml", "text/yaml":
      return try parsed([SpecSource(text: text)])
    case "application/json", nil:
      // What is not an ApplyRequest may still be a spec document in JSON.
      guard text.drop(while: \.isWhitespace).hasPrefix("{"), holdsServices(body) else {
        return try parsed([SpecSource(text: text)])
      }
      let specs = try JSON.decode(ApplyRequest.self, from: body).services
      return try parsed(
        specs.map { SpecSource(name: $0.name.rawValue, text: SpecWriter.yaml($0)) },
        keepingPlaces: false)
    case let other?:
      throw APIError(
        code: .badRequest,
        message: "content type \(other): send application/json or application/yaml")
    }
  }

  /// Whether it is an object with the key `services`, or no JSON at all, which its decoding then says.
  private static func holdsServices(_ body: ByteBuffer) -> Bool {
    struct Probe: Decodable {
      enum CodingKeys: String, CodingKey { case services }

      let hasServices: Bool

      init(from decoder: any Decoder) throws {
        hasServices = try decoder.container(keyedBy: CodingKeys.self).contains(.services)
      }
    }
    do { return try JSON.decode(Probe.self, from: body).hasServices } catch { return true }
  }

  /// - Parameter keepingPlaces: false where the lines are those of a text the user never saw.
  private static func parsed(
    _ sources: [SpecSource], keepingPlaces: Bool = true
  ) throws(APIError) -> [ServiceSpec] {
    let result = SpecParser.parse(sources)
    guard result.errors.isEmpty else {
      let details = result.errors.map { error in
        var detail = error
        if !keepingPlaces {
          detail.line = nil
          detail.column = nil
        }
        return detail
      }
      let count = details.count == 1 ? "one error" : "\(details.count) errors"
      throw APIError(
        code: .badRequest, message: "the specs have \(count); nothing was applied",
        details: details)
    }
    return result.specs
  }
}
