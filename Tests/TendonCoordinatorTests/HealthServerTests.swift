// SPDX-License-Identifier: Apache-2.0
import TendonDatagram
import TendonModel
import Testing

@testable import TendonCoordinator

@Suite("The health server", .timeLimit(.minutes(1)))
struct HealthServerTests {
  @Test("A heartbeat is acknowledged with its send time, revision and lease, and handed on.")
  func answers() async throws {
    try await withServer { server, agent, beats in
      server.sessions.open(
        host: agent.host, keys: agent.keys, newestRevision: Revision(4))
      try await agent.beat(1)
      let ack = try await agent.ack()
      #expect(
        ack
          == HeartbeatAck(
            sequence: 1, echoedSentAt: MonotonicTime(nanoseconds: 1000), coordinatorEpoch: 6,
            newestRevision: Revision(4), lease: .seconds(10)))
      let received = try #require(await beats.element())
      #expect(received.host == agent.host)
      #expect(received.sessionID == agent.keys.session)
      #expect(received.heartbeat.sequence == 1)
      #expect(received.receivedAt <= BootClock.now())

      server.sessions.setNewestRevision(Revision(5), of: agent.host)
      try await agent.beat(2)
      #expect(try await agent.ack().newestRevision == Revision(5))
      #expect(server.sessions.counters(of: agent.host)?.accepted == 2)
    }
  }

  @Test("Nothing is answered to strangers, forgers and repeaters; each is counted by its reason.")
  func strangers() async throws {
    try await withServer { server, agent, beats in
      try await agent.beat(1)
      while server.counters.datagrams.unknownSession == 0 { await Task.yield() }
      server.sessions.open(host: agent.host, keys: agent.keys, newestRevision: Revision(1))
      let good = try await agent.sealed(2)
      var forged = good
      forged[20] ^= 1
      try await agent.send(forged)
      try await agent.send(good)
      try await agent.send(good)
      try await agent.send([1, 2, 3])
      try await agent.send([UInt8](repeating: 1, count: 1500))
      try await agent.send([2] + good.dropFirst())
      try await agent.send(try await agent.sealed([1, 2, 3], as: .heartbeat))
      try await agent.send(try await agent.sealed([1, 2, 3], as: .ack))
      try await agent.beat(3)
      // Only the two good ones were answered: the next two datagrams that come are theirs.
      #expect(try await agent.ack().sequence == 2)
      #expect(try await agent.ack().sequence == 3)
      #expect(await beats.element()?.heartbeat.sequence == 2)
      #expect(await beats.element()?.heartbeat.sequence == 3)
      while server.counters.acknowledged < 2 { await Task.yield() }
      let counters = server.counters.datagrams
      #expect(counters.accepted == 2)
      #expect(counters.unknownSession == 1)
      #expect(counters.forged == 1)
      #expect(counters.replayed == 1)
      #expect(counters.tooShort == 1)
      #expect(counters.tooLong == 1)
      #expect(counters.unknownVersion == 1)
      #expect(counters.malformed == 1)
      #expect(counters.unknownKind == 1)
      let session = try #require(server.sessions.counters(of: agent.host))
      #expect(session.forged == 1)
      #expect(session.replayed == 1)
    }
  }

  @Test("A newer session of a host replaces the older one; a closed one is a stranger's.")
  func replaced() async throws {
    try await withServer { server, agent, _ in
      server.sessions.open(host: agent.host, keys: agent.keys, newestRevision: Revision(1))
      try await agent.beat(1)
      #expect(try await agent.ack().sequence == 1)
      let newer = try await TestAgent(port: server.port, session: 78)
      server.sessions.open(host: newer.host, keys: newer.keys, newestRevision: Revision(1))
      try await agent.beat(2)
      try await newer.beat(3)
      #expect(try await newer.ack().sequence == 3)
      // A batch is counted after it was answered.
      while server.counters.datagrams.unknownSession == 0 { await Task.yield() }
      #expect(server.sessions.session(of: agent.host) == 78)
      server.sessions.close(session: agent.keys.session)
      #expect(server.sessions.session(of: agent.host) == 78, "the older one is gone already")
      server.sessions.close(session: 78)
      #expect(server.sessions.session(of: agent.host) == nil)
      try await newer.close()
    }
  }

  @Test("A thousand beats sent at once are all answered, in batches.")
  func burst() async throws {
    try await withServer { server, agent, beats in
      server.sessions.open(host: agent.host, keys: agent.keys, newestRevision: Revision(1))
      for sequence in 1...1000 as ClosedRange<UInt64> { try await agent.beat(sequence) }
      var answered: Set<UInt64> = []
      while answered.count < 1000 { answered.insert(try await agent.ack().sequence) }
      #expect(answered == Set(1...1000))
      #expect(server.counters.datagrams.dropped == 0)
    }
  }

  private func withServer(
    _ body: (
      HealthServer, TestAgent, AsyncStream<ReceivedHeartbeat>
    ) async throws -> Void
  ) async throws {
    let (beats, entry) = AsyncStream.makeStream(of: ReceivedHeartbeat.self)
    let server = try HealthServer(
      HealthServer.Configuration(host: "127.0.0.1", port: 0),
      sessions: SessionTable(coordinatorEpoch: 6, lease: .seconds(10))
    ) { batch in for beat in batch { entry.yield(beat) } }
    let agent = try await TestAgent(port: server.port, session: 77)
    let running = Task { try await server.run() }
    defer { running.cancel() }
    try await body(server, agent, beats)
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
