// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// What a datagram carries. The bodies are `HeartbeatCodec`'s, `HeartbeatAckCodec`'s and `ProbeCodec`'s.
package enum DatagramKind: UInt8, Hashable, Sendable, CaseIterable {
  case heartbeat = 1
  case ack = 2
  /// To an agent, from the coordinator or through a peer.
  case ping = 3
  /// An agent's answer, to where the ping came from.
  case pong = 4
  /// The coordinator asks an agent to send a ping on.
  case probeRequest = 5
  case probeReport = 6
  /// An agent ends, as it was told to.
  case goodbye = 7
}

/// The part of a datagram in clear, all of it authenticated.
///
///     u8   version, 1
///     u8   kind
///     u16  reserved, 0
///     u32  session
///     u64  counter
///
/// Session and counter together are the nonce, so the nonce, the sealed body and the tag lie in the datagram
/// just as the cipher takes them. Each direction of each session has a key of its own and one counter for all
/// kinds, so no nonce repeats under one key.
package struct DatagramHeader: Hashable, Sendable {
  package static let version: UInt8 = 1
  package static let length = 16
  /// Where the nonce begins; it ends with the header.
  static let nonceOffset = 4

  package var kind: DatagramKind
  package var session: UInt32
  package var counter: UInt64

  package init(kind: DatagramKind, session: UInt32, counter: UInt64) {
    self.kind = kind
    self.session = session
    self.counter = counter
  }

  /// Reads the header of a whole datagram; nothing in it is to be trusted before the datagram was opened.
  /// - Throws: `tooShort`, `tooLong`, `unknownVersion`, `unknownKind`, `malformed`
  package init(of datagram: UnsafeRawBufferPointer) throws(DatagramError) {
    guard datagram.count >= WireLimits.sealingOverhead else { throw .tooShort }
    guard datagram.count <= WireLimits.maximumDatagram else { throw .tooLong }
    guard datagram[0] == Self.version else { throw .unknownVersion }
    guard let kind = DatagramKind(rawValue: datagram[1]) else { throw .unknownKind }
    guard datagram[2] == 0, datagram[3] == 0 else { throw .malformed }
    self.kind = kind
    session = UInt32(bigEndian: datagram.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    counter = UInt64(bigEndian: datagram.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  /// Writes the header over the first 16 bytes of `bytes`.
  func write(to bytes: inout [UInt8]) {
    let (kind, session, counter) = (kind.rawValue, session.bigEndian, counter.bigEndian)
    bytes.withUnsafeMutableBytes { bytes in
      bytes[0] = Self.version
      bytes[1] = kind
      bytes[2] = 0
      bytes[3] = 0
      bytes.storeBytes(of: session, toByteOffset: 4, as: UInt32.self)
      bytes.storeBytes(of: counter, toByteOffset: 8, as: UInt64.self)
    }
  }
}
