// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonDatagram
import TendonModel

/// What agents ask and say, and what is asked of them.
extension Coordinator {
  /// Opens a session; its heartbeats are accepted from the commit on.
  nonisolated func openSession(
    _ host: HostID, _ request: SessionRequest, joinToken: [UInt8], udpPort: UInt16
  ) async throws(APIError) -> SessionGrant {
    let id = UInt32.random(in: 1...UInt32.max)
    let nonce = SessionNonce.random()
    let keys: DatagramKeys
    do {
      keys = try DatagramKeys(
        joinToken: joinToken, agentNonce: request.nonce, coordinatorNonce: nonce, host: host,
        session: id)
    } catch {
      throw APIError(
        code: .badRequest, message: "nonce: must be 32 lower-case hexadecimal digits")
    }
    let sessions = sessions
    let done = try await perform(
      onCommitted: { (opened: (epoch: UInt64, newest: Revision)) in
        sessions.open(host: host, keys: keys, newestRevision: opened.newest)
      },
      { (core, now) throws(APIError) in
        try core.sessionOpened(host, request, sessionID: id, now: now)
        return (core.coordinatorEpoch, core.revision)
      })
    return SessionGrant(
      sessionID: id, nonce: nonce, coordinatorEpoch: done.value.epoch, udpPort: udpPort,
      heartbeatInterval: settings.heartbeatInterval, lease: settings.lease)
  }

  /// Opens the host's stream; the queue begins with the snapshot.
  nonisolated func openStream(
    _ host: HostID, session: UInt32, hangUp: @escaping @Sendable () -> Void
  ) async throws(APIError) -> AgentStreams.Stream {
    let stream = AgentStreams.Stream(
      number: streams.makeNumber(), queue: LineQueue(limit: AgentStreams.queueLimit),
      hangUp: hangUp)
    let (streams, replies) = (streams, replies)
    _ = try await perform(
      onCommitted: { snapshot in
        replies.hostLost(host)
        streams.open(stream, of: host, first: snapshot)
      },
      { (core, now) throws(APIError) in
        let snapshot = try core.streamOpened(host, sessionID: session, now: now)
        streams.announced(stream.number, of: host)
        return snapshot
      })
    return stream
  }

  /// The connection of a stream ended. Returns at once.
  /// - Parameter byPeer: whether the agent's kernel ended it, which proves that the host lives.
  nonisolated func streamEnded(
    _ host: HostID, session: UInt32, number: UInt64, byPeer: Bool
  ) {
    streams.ended(number, of: host)
    let (streams, replies) = (streams, replies)
    guard byPeer else { return }
    mailbox.post(
      Mailbox.Command(
        run: { core, now in
          if streams.isNewest(number, of: host) {
            core.streamClosed(host, sessionID: session, now: now)
            replies.hostLost(host)
          }
          return { _ in }
        },
        // Only when the coordinator ends or cannot store anything; the host's silence tells the same later.
        refuse: { _ in }))
  }

  nonisolated func report(_ host: HostID, _ report: AgentReport) async throws(APIError) {
    _ = try await perform { (core, now) throws(APIError) in
      try core.reportReceived(host, report, now: now)
    }
  }

  /// Asks the agent that runs the instance.
  /// - Parameter announced: called with the question's number before it is sent.
  /// - Throws: `notFound` for an unknown instance, `conflict` when there is nobody to ask.
  func ask(
    _ id: InstanceID,
    announced: @Sendable (UInt64, HostID) throws(APIError) -> Void = { _, _ in },
    _ query: @Sendable (Epoch) -> AgentQuery
  ) throws(APIError) -> (placement: DesiredPlacement, number: UInt64, pipe: ReplyPipe) {
    guard visible.instanceView(id) != nil else { throw APIError.noInstance(id) }
    guard let placement = visible.placement(of: id) else {
      throw APIError(code: .conflict, message: "\(id) has no host yet, so there is nothing to show")
    }
    if let host = visible.hostView(placement.host, now: clock()), host.state == .down {
      throw APIError(
        code: .unavailable, message: "\(id) was on \(host.id), which is down: \(host.message)")
    }
    let pipe = ReplyPipe()
    let number = replies.add(pipe, host: placement.host, now: clock().monotonic)
    do throws(APIError) { try announced(number, placement.host) } catch {
      replies.remove(number)
      throw error
    }
    guard streams.send(.query(id: number, query: query(placement.epoch)), to: placement.host)
    else {
      replies.remove(number)
      execs.remove(number)
      throw APIError(
        code: .unavailable, message: "the agent on \(placement.host) is not connected")
    }
    return (placement, number, pipe)
  }

  func pid(of epoch: Epoch) -> Int32? { visible.status(of: epoch)?.pid }
}
