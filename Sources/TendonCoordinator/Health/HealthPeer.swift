// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonDatagram
import TendonLinux
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
  /// Where its last heartbeat came from; nil before the first.
  var address: DatagramAddress?
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

  /// Opens a datagram and appends the sealed acknowledgement to `output`, where it is a heartbeat.
  /// - Parameter body: scratch space.
  /// - Throws: `DatagramError`, counted; nothing was appended then.
  mutating func answer(
    _ datagram: UnsafeRawBufferPointer, header: DatagramHeader, terms: LeaseTerms,
    receivedAt: MonotonicTime, body: inout [UInt8], appendingTo output: inout [UInt8]
  ) throws(DatagramError) -> HealthArrival {
    let arrival: HealthArrival
    do throws(DatagramError) {
      guard Self.understood.contains(header.kind) else { throw .unknownKind }
      try opener.open(datagram, header: header, into: &body)
      arrival = try decode(body, as: header.kind, receivedAt: receivedAt)
    } catch {
      counters.count(error)
      throw error
    }
    counters.accepted += 1
    guard case .heartbeat(let received, _) = arrival else { return arrival }
    let heartbeat = received.heartbeat
    let ack = HeartbeatAck(
      sequence: heartbeat.sequence, echoedSentAt: heartbeat.sentAt,
      coordinatorEpoch: terms.coordinatorEpoch, newestRevision: newestRevision, lease: terms.lease)
    HeartbeatAckCodec.encode(ack, into: &body)
    seal(body, as: .ack, appendingTo: &output)
    return arrival
  }

  /// Appends nothing when the key is used up: unacknowledged, the agent opens a new session.
  mutating func seal(
    _ body: [UInt8], as kind: DatagramKind, appendingTo output: inout [UInt8]
  ) {
    do {
      try sealer.seal(body, as: kind, appendingTo: &output)
    } catch {
      guard error == .exhausted else {
        preconditionFailure("a datagram could not be sealed: \(error)")
      }
    }
  }

  /// What agents send.
  private static let understood: Set<DatagramKind> = [.heartbeat, .pong, .probeReport, .goodbye]

  private func decode(
    _ body: [UInt8], as kind: DatagramKind, receivedAt: MonotonicTime
  ) throws(DatagramError) -> HealthArrival {
    do {
      switch kind {
      case .pong:
        return .sign(HostSign(.agent, token: try ProbeCodec.decodeToken(body), host: host))
      case .probeReport: return .report(try ProbeCodec.decodeReport(body), by: host)
      case .goodbye:
        _ = try ProbeCodec.decodeToken(body)
        return .sign(HostSign(.goodbye, host: host))
      default:
        return .heartbeat(
          ReceivedHeartbeat(
            host: host, sessionID: session, heartbeat: try HeartbeatCodec.decode(body),
            receivedAt: receivedAt), lastFrom: address)
      }
    } catch {
      // Which part was wrong is of no use to a counter, and nobody is answered.
      throw .malformed
    }
  }
}
