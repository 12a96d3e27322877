// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TendonCore
package import TendonDatagram
import TendonLinux
package import TendonModel

/// The sessions whose heartbeats are accepted, by session and by host.
///
/// The health server's event loop opens and answers datagrams through it; anyone may open and close sessions.
/// The lock is held for one datagram at a time, so neither side waits for more than a few microseconds.
package final class SessionTable: Sendable {
  let state: Mutex<State>
  private let terms: LeaseTerms

  /// - Parameters:
  ///   - coordinatorEpoch: grows with every start of the coordinator; sent with each acknowledgement.
  ///   - lease: what each acknowledgement grants, counted from the beat's send time.
  package init(coordinatorEpoch: UInt64, lease: Span) {
    terms = LeaseTerms(coordinatorEpoch: coordinatorEpoch, lease: lease)
    state = Mutex(State())
  }

  /// Accepts heartbeats of a new session from now on; an older session of the same host ends.
  package func open(host: HostID, keys: DatagramKeys, newestRevision: Revision) {
    state.withLock { state in
      if let older = state.placeOfHost[host] { state.remove(at: older) }
      if let other = state.placeOfSession[keys.session] { state.remove(at: other) }
      state.insert(HealthPeer(host: host, keys: keys, newestRevision: newestRevision))
    }
  }

  /// Ends a session; its datagrams are a stranger's from now on. Nothing happens when it is gone already.
  package func close(session: UInt32) {
    state.withLock { state in
      guard let place = state.placeOfSession[session] else { return }
      state.remove(at: place)
    }
  }

  /// Tells a host's agent with the next acknowledgement that its desired state has this revision.
  package func setNewestRevision(_ revision: Revision, of host: HostID) {
    state.withLock { state in
      guard let place = state.placeOfHost[host] else { return }
      state.peers[place]?.newestRevision = revision
    }
  }

  /// The session of a host that is open now.
  package func session(of host: HostID) -> UInt32? {
    state.withLock { $0.peer(of: host)?.session }
  }

  /// What was accepted and dropped in a host's open session; nil when it has none.
  package func counters(of host: HostID) -> DatagramCounters? {
    state.withLock { $0.peer(of: host)?.counters }
  }

  /// Opens one datagram and seals its acknowledgement, which is appended to `output`.
  /// - Throws: `DatagramError`; nothing is to be answered then.
  func answer(
    _ datagram: UnsafeRawBufferPointer, receivedAt: MonotonicTime, appendingTo output: inout [UInt8]
  ) throws(DatagramError) -> HealthArrival {
    try state.withLock { (state) throws(DatagramError) in
      let arrival = try state.open(
        datagram, terms: terms, receivedAt: receivedAt, appendingTo: &output)
      guard case .report(let report, let peer) = arrival else { return arrival }
      return .sign(try state.sign(of: report, by: peer, terms: terms, receivedAt: receivedAt))
    }
  }

  struct State {
    /// Values in one array rather than objects: a datagram changes its own in place, with no checks of
    /// exclusive access at run time.
    var peers: [HealthPeer?] = []
    var placeOfSession: [UInt32: Int] = [:]
    var placeOfHost: [HostID: Int] = [:]
    private var freePlaces: [Int] = []
    /// The body at hand; kept so that its storage is used again.
    var body: [UInt8] = []

    mutating func open(
      _ datagram: UnsafeRawBufferPointer, terms: LeaseTerms, receivedAt: MonotonicTime,
      appendingTo output: inout [UInt8]
    ) throws(DatagramError) -> HealthArrival {
      let header = try DatagramHeader(of: datagram)
      guard let place = placeOfSession[header.session] else { throw .unknownSession }
      return try peers[place]!.answer(
        datagram, header: header, terms: terms, receivedAt: receivedAt, body: &body,
        appendingTo: &output)
    }

    func peer(of host: HostID) -> HealthPeer? { placeOfHost[host].flatMap { peers[$0] } }

    mutating func insert(_ peer: HealthPeer) {
      let place = freePlaces.popLast() ?? peers.count
      if place == peers.count { peers.append(nil) }
      placeOfSession[peer.session] = place
      placeOfHost[peer.host] = place
      peers[place] = peer
    }

    mutating func remove(at place: Int) {
      guard let peer = peers[place] else { return }
      placeOfSession[peer.session] = nil
      placeOfHost[peer.host] = nil
      peers[place] = nil
      freePlaces.append(place)
    }
  }
}
