// SPDX-License-Identifier: Apache-2.0

/// The binary form of an acknowledgement's body, before it is sealed.
///
/// Integers are in network byte order:
///
///     u8   version, 1
///     u64  sequence of the beat     i64  its send time, echoed, ns
///     u64  coordinator epoch        u64  newest revision
///     u32  lease, ms
package enum HeartbeatAckCodec {
  package static let version: UInt8 = 1
  package static let length = 37

  /// The body's bytes.
  /// - Precondition: the lease is between 0 and `UInt32.max` milliseconds (49 days).
  package static func encode(_ ack: HeartbeatAck) -> [UInt8] {
    var bytes: [UInt8] = []
    encode(ack, into: &bytes)
    return bytes
  }

  /// Replaces what is in `buffer` by the body's bytes, in its storage.
  /// - Precondition: as above.
  package static func encode(_ ack: HeartbeatAck, into buffer: inout [UInt8]) {
    var writer = WireWriter(taking: &buffer)
    writer.write(version)
    writer.write(ack.sequence)
    writer.write(ack.echoedSentAt.nanoseconds)
    writer.write(ack.coordinatorEpoch)
    writer.write(ack.newestRevision.rawValue)
    writer.write(UInt32(ack.lease.milliseconds))
    buffer = writer.bytes
  }

  /// - Throws: `WireError` for anything but one whole acknowledgement of this version.
  package static func decode(_ bytes: [UInt8]) throws(WireError) -> HeartbeatAck {
    var reader = WireReader(bytes)
    let foundVersion: UInt8 = try reader.read()
    guard foundVersion == version else { throw .unknownVersion(foundVersion) }
    let ack = HeartbeatAck(
      sequence: try reader.read(), echoedSentAt: MonotonicTime(nanoseconds: try reader.read()),
      coordinatorEpoch: try reader.read(), newestRevision: Revision(try reader.read()),
      lease: Span(milliseconds: Int64(try reader.read(UInt32.self))))
    try reader.finish()
    return ack
  }
}
