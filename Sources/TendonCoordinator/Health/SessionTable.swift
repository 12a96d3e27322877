// SPDX-License-Identifier: Apache-2.0
import Synchronization
package import TendonDatagram
package import TendonModel

/// The sessions whose heartbeats are accepted, by session and by host.
///
/// The health server's event loop opens and answers datagrams through it; anyone may open and close sessions.
/// The lock is held for one datagram at a time, so neither side waits for more than a few microseconds.
package final class SessionTable: Sendable {
  private let state: Mutex<State>
  private let coordinatorEpoch: UInt64
  private let lease: Span

  /// - Parameters:
  ///   - coordinatorEpoch: grows with every start of the coordinator; sent with each acknowledgement.
  ///   - lease: what each acknowledgement grants, counted from the beat's send time.
  package init(coordinatorEpoch: UInt64, lease: Span) {
    self.coordinatorEpoch = coordinatorEpoch
    self.lease = lease
    state = Mutex(State())
  }

  /// Accepts heartbeats of a new session from now on; an older session of the same host ends.
  package func open(host: HostID, keys: DatagramKeys, newestRevision: Revision) {
    state.withLock { state in
      if let older = state.sessionOfHost[host] { state.sessions[older] = nil }
      if let other = state.sessions[keys.session] { state.sessionOfHost[other.host] = nil }
      state.sessions[keys.session] = Session(
        host: host, keys: keys, newestRevision: newestRevision)
      state.sessionOfHost[host] = keys.session
    }
  }

  /// Ends a session; its datagrams are a stranger's from now on. Nothing happens when it is gone already.
  package func close(session: UInt32) {
    state.withLock { state in
      guard let closed = state.sessions.removeValue(forKey: session) else { return }
      state.sessionOfHost[closed.host] = nil
    }
  }

  /// Tells a host's agent with the next acknowledgement that its desired state has this revision.
  package func setNewestRevision(_ revision: Revision, of host: HostID) {
    state.withLock { state in
      guard let session = state.sessionOfHost[host] else { return }
      state.sessions[session]?.newestRevision = revision
    }
  }

  /// The session of a host that is open now.
  package func session(of host: HostID) -> UInt32? {
    state.withLock { $0.sessionOfHost[host] }
  }

  /// What was accepted and dropped in a host's open session; nil when it has none.
  package func counters(of host: HostID) -> DatagramCounters? {
    state.withLock { state in
      state.sessionOfHost[host].flatMap { state.sessions[$0]?.counters }
    }
  }

  /// Opens one datagram and seals its acknowledgement, which is appended to `output`.
  /// - Throws: `DatagramError`; nothing is to be answered then.
  func answer(
    _ datagram: UnsafeRawBufferPointer, receivedAt: MonotonicTime, appendingTo output: inout [UInt8]
  ) throws(DatagramError) -> ReceivedHeartbeat {
    let header = try DatagramHeader(of: datagram)
    return try state.withLock { (state) throws(DatagramError) in
      guard let session = state.sessions[header.session] else { throw .unknownSession }
      let heartbeat: Heartbeat
      do throws(DatagramError) {
        guard header.kind == .heartbeat else { throw .unknownKind }
        try session.opener.open(datagram, header: header, into: &state.body)
        heartbeat = try Self.decode(state.body)
      } catch {
        session.counters.count(error)
        throw error
      }
      session.counters.accepted += 1
      let ack = HeartbeatAck(
        sequence: heartbeat.sequence, echoedSentAt: heartbeat.sentAt,
        coordinatorEpoch: coordinatorEpoch, newestRevision: session.newestRevision, lease: lease)
      state.body = HeartbeatAckCodec.encode(ack, reusing: state.body)
      session.seal(state.body, appendingTo: &output)
      return ReceivedHeartbeat(
        host: session.host, sessionID: header.session, heartbeat: heartbeat, receivedAt: receivedAt)
    }
  }

  private static func decode(_ body: [UInt8]) throws(DatagramError) -> Heartbeat {
    do {
      return try HeartbeatCodec.decode(body)
    } catch {
      // Which part was wrong is of no use to a counter, and nobody is answered.
      throw .malformed
    }
  }

  private struct State {
    var sessions: [UInt32: Session] = [:]
    var sessionOfHost: [HostID: UInt32] = [:]
    /// The body at hand; kept so that its storage is used again.
    var body: [UInt8] = []
  }

  /// A class, so that a datagram changes it in place after one look-up.
  private final class Session {
    let host: HostID
    var newestRevision: Revision
    var opener: DatagramOpener
    var counters = DatagramCounters()
    private var sealer: DatagramSealer

    init(host: HostID, keys: DatagramKeys, newestRevision: Revision) {
      self.host = host
      self.newestRevision = newestRevision
      opener = DatagramOpener(keys: keys, direction: .agentToCoordinator)
      sealer = DatagramSealer(keys: keys, direction: .coordinatorToAgent)
    }

    /// Appends nothing when the key is used up: unacknowledged, the agent opens a new session.
    func seal(_ body: [UInt8], appendingTo output: inout [UInt8]) {
      do {
        try sealer.seal(body, as: .ack, appendingTo: &output)
      } catch {
        guard error == .exhausted else {
          preconditionFailure("an acknowledgement could not be sealed: \(error)")
        }
      }
    }
  }
}
