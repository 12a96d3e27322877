// SPDX-License-Identifier: Apache-2.0
import TendonDatagram
import TendonModel

/// What every acknowledgement says, whoever gets it.
struct LeaseTerms: Sendable {
  let coordinatorEpoch: UInt64
  let lease: Span
}

/// The coordinator's end of one session.
struct HealthPeer: Sendable {
  let host: HostID
  let session: UInt32
  var newestRevision: Revision
  private(set) var counters = DatagramCounters()
  private var opener: DatagramOpener
  private var sealer: DatagramSealer

  init(host: HostID, keys: DatagramKeys, newestRevision: Revision) {
    self.host = host
    session = keys.session
    self.newestRevision = newestRevision
    opener = DatagramOpener(keys: keys, direction: .agentToCoordinator)
    sealer = DatagramSealer(keys: keys, direction: .coordinatorToAgent)
  }

  /// Opens a heartbeat and appends its sealed acknowledgement to `output`.
  /// - Parameter body: scratch space.
  /// - Throws: `DatagramError`, counted; nothing was appended then.
  mutating func answer(
    _ datagram: UnsafeRawBufferPointer, header: DatagramHeader, terms: LeaseTerms,
    receivedAt: MonotonicTime, body: inout [UInt8], appendingTo output: inout [UInt8]
  ) throws(DatagramError) -> ReceivedHeartbeat {
    let heartbeat: Heartbeat
    do throws(DatagramError) {
      guard header.kind == .heartbeat else { throw .unknownKind }
      try opener.open(datagram, header: header, into: &body)
      heartbeat = try Self.decode(body)
    } catch {
      counters.count(error)
      throw error
    }
    counters.accepted += 1
    let ack = HeartbeatAck(
      sequence: heartbeat.sequence, echoedSentAt: heartbeat.sentAt,
      coordinatorEpoch: terms.coordinatorEpoch, newestRevision: newestRevision, lease: terms.lease)
    HeartbeatAckCodec.encode(ack, into: &body)
    seal(body, appendingTo: &output)
    return ReceivedHeartbeat(
      host: host, sessionID: session, heartbeat: heartbeat, receivedAt: receivedAt)
  }

  /// Appends nothing when the key is used up: unacknowledged, the agent opens a new session.
  private mutating func seal(_ body: [UInt8], appendingTo output: inout [UInt8]) {
    do {
      try sealer.seal(body, as: .ack, appendingTo: &output)
    } catch {
      guard error == .exhausted else {
        preconditionFailure("an acknowledgement could not be sealed: \(error)")
      }
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
}
