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

  /// Opens an acknowledgement and finds the beat it answers.
  /// - Throws: `DatagramError`; `malformed` also for one that answers no beat of ours.
  mutating func open(
    _ datagram: [UInt8]
  ) throws(DatagramError) -> (ack: HeartbeatAck, sentAt: MonotonicTime) {
    try datagram.withUnsafeBufferPointer { (buffer) throws(DatagramError) in
      let bytes = UnsafeRawBufferPointer(buffer)
      let header = try DatagramHeader(of: bytes)
      guard header.kind == .ack else { throw .unknownKind }
      try opener.open(bytes, header: header, into: &body)
    }
    let ack: HeartbeatAck
    do {
      ack = try HeartbeatAckCodec.decode(body)
    } catch {
      // Which part was wrong is of no use to a counter.
      throw .malformed
    }
    guard let sentAt = awaited[ack.sequence], sentAt == ack.echoedSentAt else { throw .malformed }
    awaited[ack.sequence] = nil
    return (ack, sentAt)
  }
}
