// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
package import NIOCore
import NIOHTTP1
package import TendonModel

/// An agent's side of the coordinator's API: one session, its stream, reports and replies.
///
/// It runs on the event loops it is given, so that an agent needs no more than one. Whoever makes one ends it with
/// `shutdown`.
package final class AgentClient: Sendable {
  package struct Settings: Sendable {
    /// 3 s. Raising it makes an absent coordinator noticed later.
    package var connectTimeout: Duration = .seconds(3)
    /// 10 s, for a whole answer that is not a stream.
    package var requestTimeout: Duration = .seconds(10)
    /// 64 MiB; the most memory that one line of the stream may take: a snapshot is one line.
    package var largestLine = 64 << 20

    package init() {}
  }

  package let address: ServerAddress
  package let host: HostID
  private let settings: Settings
  private let authorization: String
  private let http: HTTPClient

  /// - Parameter token: the join token, sent as the bearer token; visible ASCII.
  package init(
    address: ServerAddress, token: String, host: HostID, eventLoops: any EventLoopGroup,
    settings: Settings = Settings()
  ) {
    self.address = address
    self.host = host
    self.settings = settings
    authorization = "Bearer \(token)"
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.timeout.connect = .nanoseconds(settings.connectTimeout.wholeNanoseconds)
    configuration.connectionPool.retryConnectionEstablishment = false
    // The stream, reports, and as many followed logs and execs as an agent serves at once (two for an exec).
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
    configuration.connectionPool.idleTimeout = .seconds(30)
    configuration.httpVersion = .http1Only
    http = HTTPClient(eventLoopGroup: eventLoops, configuration: configuration)
  }

  package func shutdown() async throws(ClientError) {
    do { try await http.shutdown() } catch { throw ClientError(error, from: address) }
  }

  /// Introduces the host. Every session begins with the stream and a complete report.
  package func openSession(_ request: SessionRequest) async throws(ClientError) -> SessionGrant {
    let body = try await exchange(post("session", json: request), deadline: deadline)
    do {
      return try JSONCoding.decode(SessionGrant.self, from: body)
    } catch {
      throw .malformedAnswer(address, why: JSONCoding.fault(error))
    }
  }

  /// The desired state: a snapshot, then what changes.
  package func stream(
    session: UInt32
  ) async throws(ClientError) -> JSONLineStream<AgentStreamLine> {
    let route = Route(
      .GET, "agents", host.rawValue, "stream", query: [("session", String(session))])
    do {
      let response = try await http.execute(request(route), deadline: deadline)
      guard response.status.code < 300 else { throw try await refusal(of: response) }
      return JSONLineStream(
        body: response.body, address: address, largestLine: settings.largestLine)
    } catch {
      throw ClientError(error, from: address)
    }
  }

  /// Returns once the coordinator has taken the report.
  package func report(_ report: AgentReport) async throws(ClientError) {
    _ = try await exchange(post("reports", json: report), deadline: deadline)
  }

  /// Answers a query with bytes that are at hand.
  package func reply(to query: UInt64, json: some Encodable & Sendable) async throws(ClientError) {
    _ = try await exchange(post("replies", String(query), json: json), deadline: deadline)
  }

  /// Answers a query with bytes as they come; ends when `chunks` does, or with an error when the coordinator
  /// hangs up.
  package func reply<Chunks: AsyncSequence & Sendable>(
    to query: UInt64, stream chunks: Chunks
  ) async throws(ClientError) where Chunks.Element == ByteBuffer {
    var upload = request(Route(.POST, "agents", host.rawValue, "replies", String(query)))
    upload.headers.add(name: "content-type", value: "application/octet-stream")
    upload.body = .stream(chunks, length: .unknown)
    _ = try await exchange(upload, deadline: .distantFuture)
  }

  /// Answers a query that cannot be answered.
  package func reply(to query: UInt64, error: APIError) async throws(ClientError) {
    let route = Route(
      .POST, "agents", host.rawValue, "replies", String(query), query: [("failed", "true")])
    var upload = request(route)
    upload.headers.add(name: "content-type", value: "application/json")
    upload.body = .bytes(encoded(APIErrorBody(error: error)))
    _ = try await exchange(upload, deadline: deadline)
  }

  /// Asks for bytes that may go on for as long as they like.
  func bytes(_ route: Route) async throws(ClientError) -> ByteStream {
    do {
      let response = try await http.execute(request(route), deadline: deadline)
      guard response.status.code < 300 else { throw try await refusal(of: response) }
      return ByteStream(body: response.body, address: address)
    } catch {
      throw ClientError(error, from: address)
    }
  }

  private var deadline: NIODeadline {
    .now() + .nanoseconds(settings.requestTimeout.wholeNanoseconds)
  }

  private func request(_ route: Route) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: "\(address)\(route.target)")
    request.method = route.method
    request.headers.add(name: "authorization", value: authorization)
    request.headers.add(name: "user-agent", value: "tendon-agent/\(tendonVersion)")
    return request
  }

  private func post(_ path: String, json: some Encodable) -> HTTPClientRequest {
    post(Route(.POST, "agents", host.rawValue, path), json)
  }

  private func post(
    _ path: String, _ last: String, json: some Encodable
  ) -> HTTPClientRequest {
    post(Route(.POST, "agents", host.rawValue, path, last), json)
  }

  private func post(_ route: Route, _ json: some Encodable) -> HTTPClientRequest {
    var request = request(route)
    request.headers.add(name: "content-type", value: "application/json")
    request.body = .bytes(encoded(json))
    return request
  }

  private func encoded(_ value: some Encodable) -> ByteBuffer {
    do {
      return try JSONCoding.encode(value)
    } catch {
      // Only a value of ours that JSON cannot carry (a NaN) gets here; there are none in the API.
      preconditionFailure("cannot be written as JSON: \(error)")
    }
  }

  private func exchange(
    _ request: HTTPClientRequest, deadline: NIODeadline
  ) async throws(ClientError) -> ByteBuffer {
    do {
      let response = try await http.execute(request, deadline: deadline)
      guard response.status.code < 300 else { throw try await refusal(of: response) }
      return try await response.body.collect(upTo: 1 << 20)
    } catch {
      throw ClientError(error, from: address)
    }
  }

  private func refusal(of response: HTTPClientResponse) async throws -> ClientError {
    let body = try await response.body.collect(upTo: 1 << 20)
    return ClientError(status: Int(response.status.code), body: body, from: address)
  }
}
