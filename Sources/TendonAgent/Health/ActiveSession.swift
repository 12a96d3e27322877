// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonDatagram
import TendonModel

/// A session in use: its ciphers, and the beats that wait for an acknowledgement.
struct ActiveSession {
  let coordinator: SocketAddress
  /// Send times by sequence.
  var awaited: [UInt64: MonotonicTime] = [:]
  private var sealer: DatagramSealer
  private var opener: DatagramOpener
  private var body: [UInt8] = []

  init(_ session: HealthSession) {
    coordinator = session.coordinator
    sealer = DatagramSealer(keys: session.keys, direction: .agentToCoordinator)
    opener = DatagramOpener(keys: session.keys, direction: .coordinatorToAgent)
  }

  mutating func seal(_ heartbeat: Heartbeat) throws(SealError) -> [UInt8] {
    var datagram: [UInt8] = []
    try sealer.seal(HeartbeatCodec.encode(heartbeat), as: .heartbeat, appendingTo: &datagram)
    return datagram
  }

  mutating func seal(_ body: [UInt8], as kind: DatagramKind) throws(SealError) -> [UInt8] {
    var datagram: [UInt8] = []
    try sealer.seal(body, as: kind, appendingTo: &datagram)
    return datagram
  }

  /// What the coordinator says.
  enum Message: Sendable {
    case ack(HeartbeatAck, sentAt: MonotonicTime)
    case ping(token: UInt64)
    case probeRequest(ProbeRequest)
  }

  /// Opens a datagram that the coordinator sealed for this session.
  /// - Throws: `DatagramError`; `malformed` also for an acknowledgement that answers no beat of ours.
  mutating func open(
    _ datagram: [UInt8], header: DatagramHeader
  ) throws(DatagramError) -> Message {
    guard [.ack, .ping, .probeRequest].contains(header.kind) else { throw .unknownKind }
    try datagram.withUnsafeBufferPointer { (buffer) throws(DatagramError) in
      try opener.open(UnsafeRawBufferPointer(buffer), header: header, into: &body)
    }
    let ack: HeartbeatAck
    do {
      switch header.kind {
      case .ping: return .ping(token: try ProbeCodec.decodeToken(body))
      case .probeRequest: return .probeRequest(try ProbeCodec.decodeRequest(body))
      default: ack = try HeartbeatAckCodec.decode(body)
      }
    } catch {
      // Which part was wrong is of no use to a counter.
      throw .malformed
    }
    guard let sentAt = awaited[ack.sequence], sentAt == ack.echoedSentAt else { throw .malformed }
    awaited[ack.sequence] = nil
    return .ack(ack, sentAt: sentAt)
  }
}
