// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import TendonCore
import TendonModel
import TendonStore

@testable import TendonCoordinator

/// A coordinator with its API on a port of the loopback, in this process.
struct TestCluster: Sendable {
  static let apiToken = "user-secret"
  static let joinToken = "agent-secret"

  let coordinator: Coordinator
  let sessions: SessionTable
  let port: Int
  let http: HTTPClient

  struct Answer: Sendable {
    var status: Int
    var headers: [String: String]
    var text: String

    /// The body as JSON.
    func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
      try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    func error() throws -> APIError { try json(APIErrorBody.self).error }
  }

  /// Fake agents send no heartbeats: however slow the machine is, none of their hosts is given up.
  static var patient: CoordinatorSettings {
    var settings = CoordinatorSettings()
    settings.detection.suspectAfter = .seconds(3600)
    settings.detection.downAfter = .seconds(3600)
    settings.detection.startGrace = .seconds(3600)
    return settings
  }

  /// Runs `body` beside a coordinator and ends it afterwards.
  static func run(
    store: any Store = MemoryStore(), settings: CoordinatorSettings = Self.patient,
    clock: @escaping @Sendable () -> Now = SystemTime.now,
    _ body: @Sendable (TestCluster) async throws -> Void
  ) async throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let epoch = try await store.beginEpoch()
    let sessions = SessionTable(coordinatorEpoch: epoch, lease: settings.lease)
    let core = CoordinatorCore(
      stored: try await store.load(), settings: settings, coordinatorEpoch: epoch,
      now: SystemTime.now())
    let coordinator = Coordinator(
      core: core, store: store, sessions: sessions, logger: logger, clock: clock)
    let listening = OneShot<Int>()
    let application = Application(
      responder: APIRouter.make(
        coordinator: coordinator,
        tokens: Tokens(api: Array(apiToken.utf8), join: Array(joinToken.utf8)), udpPort: 7481
      ).buildResponder(),
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { listening.resolve($0.localAddress?.port ?? 0) }, logger: logger)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [coordinator, application], logger: logger))
    let http = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup)
    let result = await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let cluster = TestCluster(
        coordinator: coordinator, sessions: sessions, port: await listening.value(), http: http)
      let result: Result<Void, any Error>
      do { result = .success(try await body(cluster)) } catch { result = .failure(error) }
      await group.triggerGracefulShutdown()
      do { try await tasks.waitForAll() } catch { return Result<Void, any Error>.failure(error) }
      return result
    }
    try await http.shutdown()
    try result.get()
  }

  func request(
    _ method: String, _ path: String, token: String? = apiToken, type: String? = nil
  ) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
    request.method = .init(rawValue: method)
    if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
    if let type { request.headers.add(name: "content-type", value: type) }
    return request
  }

  func call(
    _ method: String, _ path: String, _ body: String? = nil, token: String? = apiToken,
    type: String? = nil
  ) async throws -> Answer {
    var request = request(
      method, path, token: token, type: type ?? (body == nil ? nil : "application/json"))
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    return try await answer(to: request)
  }

  func answer(to request: HTTPClientRequest) async throws -> Answer {
    let response = try await http.execute(request, timeout: .seconds(30))
    let bytes = try await response.body.collect(upTo: 64 << 20)
    return Answer(
      status: Int(response.status.code),
      headers: Dictionary(
        response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 }),
      text: String(buffer: bytes))
  }

  func apply(_ yaml: String) async throws -> Answer {
    try await call("POST", "/v1/apply", yaml, type: "application/yaml")
  }

  func applyWeb(replicas: Int = 1, name: String = "web") async throws -> Answer {
    try await apply("name: \(name)\ncommand: [/bin/sleep, '1000']\nreplicas: \(replicas)\n")
  }

  /// Opens a stream of lines.
  func lines(_ path: String, token: String = apiToken) async throws -> LineReader {
    let response = try await http.execute(
      request("GET", path, token: token), timeout: .seconds(30))
    return LineReader(status: Int(response.status.code), body: response.body)
  }
}

/// Reads a streamed body line by line; hangs up when it is dropped.
struct LineReader {
  let status: Int
  private var iterator: HTTPClientResponse.Body.AsyncIterator
  private var buffer = ByteBuffer()

  init(status: Int, body: HTTPClientResponse.Body) {
    self.status = status
    iterator = body.makeAsyncIterator()
  }

  /// The next line that is not empty; nil at the end.
  mutating func next() async throws -> String? {
    while true {
      if let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
        let line = buffer.readString(length: end - buffer.readerIndex) ?? ""
        buffer.moveReaderIndex(forwardBy: 1)
        if !line.isEmpty { return line }
        continue
      }
      guard let chunk = try await iterator.next(isolation: #isolation) else { return nil }
      buffer.writeImmutableBuffer(chunk)
    }
  }

  mutating func next<Value: Decodable>(_ type: Value.Type) async throws -> Value? {
    try await next().map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
  }
}
