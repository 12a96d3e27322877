// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonDatagram
import TendonModel
import Testing

@testable import TendonCoordinator

/// The coordinator's side of the probes, on real sockets.
@Suite("Probes by the coordinator", .timeLimit(.minutes(1)))
struct ProbeTests {
  @Test("A suspect is pinged where its heartbeats came from; its answer is a sign of life.")
  func direct() async throws {
    try await withServer { server, agent, signs in
      server.probe([order(agent.host, token: 1)])
      #expect(await signs.element()?.sign == HostSign(.unsent, token: 1, host: agent.host))
      try await agent.beat(1)
      _ = try await agent.ack()
      server.probe([order(agent.host, token: 2)])
      let (kind, body) = try await agent.next()
      #expect(kind == .ping)
      #expect(try ProbeCodec.decodeToken(body) == 2)
      try await agent.send(try await agent.sealed(body, as: .pong))
      #expect(await signs.element()?.sign == HostSign(.agent, token: 2, host: agent.host))
      try await agent.send(try await agent.sealed(body, as: .goodbye))
      #expect(await signs.element()?.sign == HostSign(.goodbye, host: agent.host))
    }
  }

  @Test("What a host reports of another counts as that one's word only when its own key sealed it.")
  func indirect() async throws {
    try await withServer { server, peer, signs in
      let suspect = try await TestAgent(port: server.port, session: 78, name: "host2")
      server.sessions.open(host: suspect.host, keys: suspect.keys, newestRevision: Revision(1))
      var body: [UInt8] = []
      ProbeCodec.encode(token: 5, into: &body)
      let answer = try await suspect.sealed(body, as: .pong)
      func report(_ result: ProbeReport.Result) async throws {
        var bytes: [UInt8] = []
        ProbeCodec.encode(ProbeReport(token: 5, result: result), into: &bytes)
        try await peer.send(try await peer.sealed(bytes, as: .probeReport))
      }
      var forged = answer
      forged[forged.count - 1] ^= 1
      try await report(.agent(answer: forged))
      try await report(.agent(answer: try await suspect.sealed(1)))
      try await report(.asked)
      try await report(.agent(answer: answer))
      try await report(.agent(answer: answer))
      try await report(.kernel)
      #expect(await signs.element()?.sign == HostSign(.asked, token: 5, via: peer.host))
      #expect(
        await signs.element()?.sign
          == HostSign(.agent, token: 5, host: suspect.host, via: peer.host))
      #expect(await signs.element()?.sign == HostSign(.kernel, token: 5, via: peer.host))
      let counters = server.counters.datagrams
      #expect(counters.forged == 1 && counters.replayed == 1 && counters.malformed == 1)
      try await suspect.close()
    }
  }

  @Test("The server says until when it listened, also while nothing comes.")
  func listened() async throws {
    try await withServer { server, _, _ in
      let before = BootClock.now()
      while (server.listenedUntil ?? before) <= before { await Task.yield() }
    }
  }

  private func order(_ host: HostID, token: UInt64) -> ProbeOrder {
    ProbeOrder(suspect: host, token: token, pings: true, asksKernel: false, via: [])
  }

  private func withServer(
    _ body: (HealthServer, TestAgent, AsyncStream<ReceivedSign>) async throws -> Void
  ) async throws {
    let (signs, entry) = AsyncStream.makeStream(of: ReceivedSign.self)
    let server = try HealthServer(
      HealthServer.Configuration(host: "127.0.0.1", port: 0),
      sessions: SessionTable(coordinatorEpoch: 6, lease: .seconds(10)), deliver: { _ in },
      deliverSigns: { for sign in $0 { entry.yield(sign) } })
    let agent = try await TestAgent(port: server.port, session: 77)
    server.sessions.open(host: agent.host, keys: agent.keys, newestRevision: Revision(1))
    let running = Task { try await server.run() }
    defer { running.cancel() }
    try await body(server, agent, signs)
    running.cancel()
    try await running.value
    try await agent.close()
  }
}

extension AsyncStream where Element: Sendable {
  /// The next element; nil at the end.
  fileprivate func element() async -> Element? {
    for await element in self { return element }
    return nil
  }
}
