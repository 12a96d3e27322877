// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonModel
import Testing

@testable import TendonClient

@Suite("Streams")
struct StreamTests {
  private let event =
    #"{"revision":1,"ordinal":0,"at":5,"severity":"info","reason":"placed","message":"m"}"#

  /// All lines of a watch, and the error that ended it.
  private func collect(
    _ client: TendonClient
  ) async -> (lines: [WatchLine<ClusterEvent>], error: ClientError?) {
    var lines: [WatchLine<ClusterEvent>] = []
    do {
      for try await line in try await client.watchEvents() { lines.append(line) }
      return (lines, nil)
    } catch {
      return (lines, error)
    }
  }

  @Test("A watch's lines are decoded as they come, keep-alives left out.")
  func lines() async throws {
    let put = "{\"put\":\(event)}\n"
    let pieces = ScriptedServer.stream(
      String(put.prefix(20)), String(put.dropFirst(20)), "\n\n{\"synced\":1}\n\n")
    try await ScriptedServer.run(pieces) { client, server in
      let (lines, error) = await collect(client)
      #expect(error == nil)
      #expect(lines.count == 2)
      #expect(lines.last == .synced(Revision(1)))
      #expect(server.requests.first?.hasPrefix("GET /v1/events?watch=true HTTP/1.1") == true)
    }
  }

  @Test("A watch that ends inside a line has lost something.")
  func halfLine() async throws {
    try await ScriptedServer.run(ScriptedServer.stream("{\"synced\":1}\n{\"put\"")) {
      client, _ in
      let (lines, error) = await collect(client)
      #expect(lines == [.synced(Revision(1))])
      #expect(error == .unreachable(client.address, why: "the stream ended inside a line"))
    }
  }

  @Test("A silent watch is given up, after what it said was heard.")
  func silence() async throws {
    var settings = TendonClient.Settings()
    settings.silenceTimeout = .seconds(2)
    let head = ScriptedServer.stream("{\"synced\":1}\n")
    try await ScriptedServer.run(head, then: .hold, settings: settings) { client, _ in
      let (lines, error) = await collect(client)
      #expect(lines == [.synced(Revision(1))])
      #expect(error == .unreachable(client.address, why: "nothing heard for too long"))
    }
  }

  @Test("A line without end is not collected without end.")
  func longLine() async throws {
    var settings = TendonClient.Settings()
    settings.largestLine = 10
    try await ScriptedServer.run(
      ScriptedServer.stream("12345678901"), then: .hold, settings: settings
    ) { client, _ in
      let (_, error) = await collect(client)
      #expect(error == .malformedAnswer(client.address, why: "a line is longer than 10 bytes"))
    }
  }

  @Test("A coordinator that has to end a watch is heard out.")
  func endedWithReason() async throws {
    let last = #"{"error":{"code":"unavailable","message":"too slow","details":[]}}"# + "\n"
    try await ScriptedServer.run(ScriptedServer.stream(last)) { client, _ in
      let (_, error) = await collect(client)
      #expect(error == .refused(APIError(code: .unavailable, message: "too slow"), status: 503))
    }
  }

  @Test("A watch that is refused says why.")
  func refused() async throws {
    let body = #"{"error":{"code":"unauthorized","message":"no","details":[]}}"#
    try await ScriptedServer.run(ScriptedServer.answer("401 Unauthorized", body)) { client, _ in
      let (_, error) = await collect(client)
      #expect(error == .refused(APIError(code: .unauthorized, message: "no"), status: 401))
    }
  }

  @Test("Logs come as the bytes that were written.")
  func logs() async throws {
    let pieces = ScriptedServer.stream("a\n\u{1B}[3", "1mb\n\n", "数")
    try await ScriptedServer.run(pieces) { client, server in
      let request = LogRequest(stream: .stderr, tailLines: 3, follow: true)
      var text = ""
      for try await chunk in try await client.logs(of: InstanceID("web.0"), request) {
        text += String(buffer: chunk)
      }
      #expect(text == "a\n\u{1B}[31mb\n\n数")
      let target = "/v1/instances/web.0/logs?stream=stderr&tail=3&follow=true"
      #expect(server.requests.first?.hasPrefix("GET \(target) HTTP/1.1") == true)
    }
  }
}
