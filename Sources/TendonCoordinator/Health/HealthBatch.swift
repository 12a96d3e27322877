// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonDatagram
import TendonModel

/// What one turn of reading the socket brought: heartbeats to hand on, and acknowledgements to send, one after
/// the other in one buffer.
struct HealthBatch {
  var received: [ReceivedHeartbeat] = []
  var counters = HealthCounters()
  private(set) var answers: [UInt8] = []
  /// Where each acknowledgement goes, and where in `answers` it ends.
  private(set) var destinations: [(address: SocketAddress, end: Int)] = []

  mutating func take(_ envelope: AddressedEnvelope<ByteBuffer>, sessions: SessionTable) {
    let start = answers.count
    do {
      let heartbeat = try envelope.data.withUnsafeReadableBytes {
        (datagram) throws(DatagramError) in
        try sessions.answer(datagram, receivedAt: BootClock.now(), appendingTo: &answers)
      }
      counters.datagrams.accepted += 1
      received.append(heartbeat)
      if answers.count > start { destinations.append((envelope.remoteAddress, answers.count)) }
    } catch {
      counters.datagrams.count(error)
    }
  }

  /// Empties it for the next turn; the storage that was not handed on is used again.
  mutating func restart() {
    let count = received.count
    received = []
    received.reserveCapacity(count)
    counters = HealthCounters()
    answers.removeAll(keepingCapacity: true)
    destinations.removeAll(keepingCapacity: true)
  }
}
