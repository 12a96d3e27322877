// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonDatagram
import TendonModel

/// Answers heartbeats on the event loop and hands them on in batches, one for each time the socket was read.
///
/// The acknowledgements of a batch lie in one buffer and leave with as few system calls as NIO can make of one
/// flush.
final class HealthHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>

  /// Room for the acknowledgements of a full batch: 256 of 69 bytes.
  private static let batchBytes = 256 * 72

  private let sessions: SessionTable
  private let tally: HealthTally
  private let deliver: @Sendable ([ReceivedHeartbeat]) -> Void
  private var received: [ReceivedHeartbeat] = []
  private var answers: [UInt8] = []
  private var destinations: [(address: SocketAddress, end: Int)] = []
  private var batch = HealthCounters()

  init(
    sessions: SessionTable, tally: HealthTally,
    deliver: @escaping @Sendable ([ReceivedHeartbeat]) -> Void
  ) {
    self.sessions = sessions
    self.tally = tally
    self.deliver = deliver
    answers.reserveCapacity(Self.batchBytes)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    do {
      let heartbeat = try envelope.data.withUnsafeReadableBytes {
        (datagram) throws(DatagramError) in
        try sessions.answer(datagram, receivedAt: BootClock.now(), appendingTo: &answers)
      }
      batch.datagrams.accepted += 1
      received.append(heartbeat)
      if answers.count > destinations.last?.end ?? 0 {
        destinations.append((envelope.remoteAddress, answers.count))
      }
    } catch {
      batch.datagrams.count(error)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    sendAnswers(context: context)
    tally.add(batch)
    batch = HealthCounters()
    if !received.isEmpty {
      let heartbeats = received
      received = []
      received.reserveCapacity(heartbeats.count)
      deliver(heartbeats)
    }
  }

  private func sendAnswers(context: ChannelHandlerContext) {
    guard !destinations.isEmpty else { return }
    // The socket's buffer is full: waiting acknowledgements would only grow old.
    if context.channel.isWritable {
      let buffer = context.channel.allocator.buffer(bytes: answers)
      var start = 0
      for (address, end) in destinations {
        guard let answer = buffer.getSlice(at: start, length: end - start) else {
          preconditionFailure("an acknowledgement lies outside its batch")
        }
        context.write(
          wrapOutboundOut(AddressedEnvelope(remoteAddress: address, data: answer)), promise: nil)
        start = end
      }
      context.flush()
      batch.acknowledged += UInt64(destinations.count)
    } else {
      batch.acknowledgementsDropped += UInt64(destinations.count)
    }
    answers.removeAll(keepingCapacity: true)
    destinations.removeAll(keepingCapacity: true)
  }

  /// Errors that leave the socket open are of single datagrams; those that close it end the server's wait.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
