// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import ServiceLifecycle
import TendonClient
import TendonCore
import TendonDatagram
import TendonLinux
import TendonModel

/// Keeps a session with the coordinator: opens it, holds the stream, sends reports, answers queries; and again, when it
/// breaks. Nothing here changes anything on the host but what a line of the stream says.
struct CoordinatorLink: Service {
  let client: AgentClient
  let agent: HostAgent
  let heartbeats: HeartbeatSender
  let answers: QueryAnswers
  let blocking: Blocking
  let joinToken: String
  let incarnation: Incarnation
  let facts: @Sendable () async throws(AgentError) -> HostFacts
  let log: Logger

  /// Runs until the agent is asked to end.
  /// - Throws: `AgentError.refused` when the coordinator does not want this host from the first.
  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await self.keepSessions() }
    } catch is CancellationError {
      // The ordinary end.
    }
  }

  private func keepSessions() async throws {
    var retry = RetryDelay()
    var wasEverOpen = false
    var lastFault = ""
    while !Task.isCancelled {
      let begin = ContinuousClock.now
      do {
        try await session { grant in
          log.notice("session \(grant.sessionID) with \(client.address)")
          wasEverOpen = true
          lastFault = ""
        }
      } catch let error as ClientError where !wasEverOpen && error.isRefusal {
        throw AgentError.refused(error)
      } catch {
        try Task.checkCancellation()
        // An absent coordinator is said once, not with every try.
        if "\(error)" != lastFault { log.warning("\(error); trying again") }
        lastFault = "\(error)"
      }
      // One that is opened only to break at once is not hammered at.
      if begin.duration(to: .now) > RetryDelay.longest { retry.reset() }
      try await Task.sleep(for: retry.next())
    }
  }

  private func session(opened: (SessionGrant) -> Void) async throws {
    let nonce = SessionNonce.random()
    let request = SessionRequest(
      facts: try await facts(), incarnation: incarnation, nonce: nonce,
      probeVersion: HeartbeatSender.probeVersion)
    let grant = try await client.openSession(request)
    let health = try HealthSession(
      grant: grant, joinToken: Array(joinToken.utf8), agentNonce: nonce, host: client.host,
      coordinator: try await coordinatorAddress())
    opened(grant)
    let signals = await agent.sessionOpened(grant.sessionID)
    await agent.forgetNewestRevision()
    await heartbeats.use(health)
    let monitor = StreamMonitor()
    let result = await withTaskGroup(of: Result<Void, any Error>.self) { group in
      group.addTask { await caught { try await hold(grant, monitor) } }
      group.addTask { await caught { try await sendReports(signals) } }
      group.addTask { await caught { try await monitor.watch(agent, heartbeats) } }
      let first = await group.next() ?? .success(())
      group.cancelAll()
      return first
    }
    await agent.sessionClosed()
    try result.get()
  }

  /// The address that heartbeats go to: the one of the API, with another port.
  private func coordinatorAddress() async throws -> SocketAddress {
    let (host, port) = (client.address.host, Int(client.address.port))
    let result = await blocking.run {
      Result { try SocketAddress.makeAddressResolvingHost(host, port: port) }
    }
    return try result.get()
  }

  private func hold(_ grant: SessionGrant, _ monitor: StreamMonitor) async throws {
    let lines = try await client.stream(session: grant.sessionID)
    try await withThrowingDiscardingTaskGroup { group in
      for try await line in lines {
        monitor.heard()
        switch line {
        case .snapshot(let revision, let placements):
          await agent.received(snapshot: placements, revision: revision)
        case .delta(let revision, let upserts, let removals):
          await agent.received(upserts: upserts, removals: removals, revision: revision)
        case .query(let id, let query):
          group.addTask { await answers.answer(query, id: id) }
        case .keepAlive: break
        }
      }
      group.cancelAll()
    }
    throw StreamFault.ended
  }

  /// How soon one report may follow another while many starts are under way. What comes about meanwhile goes together:
  /// with a thousand starts there is always something, and the coordinator looks at a whole service for each report.
  /// Raising it delays what is told of them.
  private static let reportInterval = Duration.milliseconds(30)

  private func sendReports(_ signals: AsyncStream<Void>) async throws {
    var soonest = ContinuousClock.now
    for await _ in signals {
      while true {
        if soonest > .now, await agent.startsMany {
          try await Task.sleep(until: soonest, tolerance: .zero)
        }
        guard let report = await agent.nextReport() else { break }
        soonest = .now + Self.reportInterval
        do {
          try await client.report(report)
          await agent.reportDelivered(report)
        } catch {
          await agent.reportFailed(report)
          throw error
        }
      }
    }
  }
}

private func caught(_ body: () async throws -> Void) async -> Result<Void, any Error> {
  do { return .success(try await body()) } catch { return .failure(error) }
}

extension ClientError {
  /// Whether the coordinator answered with a no that waiting won't change.
  fileprivate var isRefusal: Bool {
    guard case .refused(let error, _) = self else { return false }
    return [.unauthorized, .badRequest, .conflict, .notFound].contains(error.code)
  }
}
