// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
package import NIOCore
import NIOHTTP1
import TendonModel

/// A coordinator's API, typed. Safe to use from several tasks at once; connections are kept and reused.
/// Whoever makes one ends it with `shutdown`.
package final class TendonClient: Sendable {
  package struct Settings: Sendable {
    /// 5 s. Raising it makes an absent coordinator noticed later.
    package var connectTimeout: Duration = .seconds(5)
    /// 15 s, for a whole answer that is not a stream.
    package var requestTimeout: Duration = .seconds(15)
    /// 30 s without a line, keep-alives included, and a watch is given up.
    package var silenceTimeout: Duration = .seconds(30)
    /// 64 MiB; the most memory that one answer may take.
    package var largestAnswer = 64 << 20
    /// 8 MiB; the most memory that one line of a stream may take.
    package var largestLine = 8 << 20

    package init() {}
  }

  package let address: ServerAddress
  package let settings: Settings
  private let authorization: String
  /// For whole answers, timed as a whole, and for streams that may rightly be silent.
  private let http: HTTPClient
  /// For streams with keep-alives: a silent one is broken.
  private let watching: HTTPClient

  /// - Parameter token: sent as the bearer token; visible ASCII.
  package init(address: ServerAddress, token: String, settings: Settings = Settings()) {
    self.address = address
    self.settings = settings
    authorization = "Bearer \(token)"
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.timeout.connect = .nanoseconds(settings.connectTimeout.wholeNanoseconds)
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.http1_1ConnectionDebugInitializer = TCPKeepAlive.enable
    http = HTTPClient(
      eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    configuration.timeout.read = .nanoseconds(settings.silenceTimeout.wholeNanoseconds)
    watching = HTTPClient(
      eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
  }

  /// Closes all connections. Requests under way fail.
  package func shutdown() async throws(ClientError) {
    do {
      try await http.shutdown()
      try await watching.shutdown()
    } catch {
      throw ClientError(error, from: address)
    }
  }

  /// Asks and waits for the whole answer.
  /// - Parameter timeout: nil is `Settings.requestTimeout`.
  package func call<Answer: Decodable & Sendable>(
    _ route: Route, body: ByteBuffer? = nil, timeout: Duration? = nil, as: Answer.Type = Answer.self
  ) async throws(ClientError) -> Answer {
    let answer = try await exchange(
      request(route, body: body), within: timeout ?? settings.requestTimeout)
    do {
      return try JSONCoding.decode(Answer.self, from: answer)
    } catch {
      throw ClientError.malformedAnswer(address, why: JSONCoding.fault(error))
    }
  }

  /// Asks for an answer of JSON lines.
  package func lines<Line: Decodable & Sendable>(
    _ route: Route, of: Line.Type = Line.self
  ) async throws(ClientError) -> JSONLineStream<Line> {
    let response = try await open(route, with: watching)
    return JSONLineStream(
      body: response.body, address: address, largestLine: settings.largestLine)
  }

  /// Asks for an answer of bytes that may go on for as long as it likes.
  package func bytes(_ route: Route) async throws(ClientError) -> ByteStream {
    try await stream(route).bytes
  }

  /// Asks for an answer of bytes, some of whose headers matter.
  /// - Parameter body: of JSON.
  func stream(
    _ route: Route, body: ByteBuffer? = nil
  ) async throws(ClientError) -> (headers: HTTPHeaders, bytes: ByteStream) {
    let response = try await open(route, body: body, with: http)
    return (response.headers, ByteStream(body: response.body, address: address))
  }

  /// Sends bytes as they come; returns when all are sent and the coordinator has said so.
  func upload<Chunks: AsyncSequence & Sendable>(
    _ route: Route, _ chunks: Chunks
  ) async throws(ClientError) where Chunks.Element == ByteBuffer {
    var request = request(route, body: nil)
    request.headers.add(name: "content-type", value: "application/octet-stream")
    request.body = .stream(chunks, length: .unknown)
    do {
      let response = try await http.execute(request, deadline: .distantFuture)
      let body = try await response.body.collect(upTo: 1 << 20)
      guard response.status.code < 300 else {
        throw ClientError(status: Int(response.status.code), body: body, from: address)
      }
    } catch {
      throw ClientError(error, from: address)
    }
  }

  /// `value` as a request's body.
  package func json(_ value: some Encodable) throws(ClientError) -> ByteBuffer {
    do {
      return try JSONCoding.encode(value)
    } catch {
      // Only a value of ours that JSON cannot carry (a NaN) gets here; there are none in the API.
      preconditionFailure("cannot be written as JSON: \(error)")
    }
  }

  private func request(_ route: Route, body: ByteBuffer?) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: "\(address)\(route.target)")
    request.method = route.method
    request.headers.add(name: "authorization", value: authorization)
    request.headers.add(name: "accept", value: "application/json")
    request.headers.add(name: "user-agent", value: "tendon/\(tendonVersion)")
    if let body {
      request.headers.add(name: "content-type", value: "application/json")
      request.body = .bytes(body)
    }
    return request
  }

  private func open(
    _ route: Route, body: ByteBuffer? = nil, with client: HTTPClient
  ) async throws(ClientError) -> HTTPClientResponse {
    do {
      let deadline = NIODeadline.now() + .nanoseconds(settings.requestTimeout.wholeNanoseconds)
      // The deadline is for the head of the answer; the body is the caller's to wait for.
      let response = try await client.execute(request(route, body: body), deadline: deadline)
      guard response.status.code < 300 else {
        let body = try await response.body.collect(upTo: 1 << 20)
        throw ClientError(status: Int(response.status.code), body: body, from: address)
      }
      return response
    } catch {
      throw ClientError(error, from: address)
    }
  }

  /// The body of a good answer.
  private func exchange(
    _ request: HTTPClientRequest, within timeout: Duration
  ) async throws(ClientError) -> ByteBuffer {
    let result = await withTaskGroup(of: Result<ByteBuffer, ClientError>?.self) { group in
      group.addTask { await self.answer(to: request) }
      group.addTask {
        do {
          try await Task.sleep(for: timeout)
        } catch {
          return nil  // Cancelled, because the answer came or because nobody waits for it any more.
        }
        let span = Span(milliseconds: timeout.wholeMilliseconds)
        return .failure(.unreachable(self.address, why: "no answer within \(span)"))
      }
      for await result in group {
        guard let result else { continue }
        group.cancelAll()
        return result
      }
      return .failure(.cancelled)
    }
    return try result.get()
  }

  private func answer(to request: HTTPClientRequest) async -> Result<ByteBuffer, ClientError> {
    do {
      let response = try await http.execute(request, deadline: .now() + .hours(24))
      let body = try await response.body.collect(upTo: settings.largestAnswer)
      let status = Int(response.status.code)
      guard status < 300 else {
        return .failure(ClientError(status: status, body: body, from: address))
      }
      return .success(body)
    } catch {
      return .failure(ClientError(error, from: address))
    }
  }
}
