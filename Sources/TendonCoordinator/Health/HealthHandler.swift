// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonDatagram

/// Answers heartbeats on the event loop and hands them on in batches, one for each time the socket was read.
///
/// The acknowledgements of a batch lie in one buffer and leave with as few system calls as NIO can make of one
/// flush.
final class HealthHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>

  private let sessions: SessionTable
  private let tally: HealthTally
  private let deliver: @Sendable ([ReceivedHeartbeat]) -> Void
  private var batch = HealthBatch()

  init(
    sessions: SessionTable, tally: HealthTally,
    deliver: @escaping @Sendable ([ReceivedHeartbeat]) -> Void
  ) {
    self.sessions = sessions
    self.tally = tally
    self.deliver = deliver
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    batch.take(unwrapInboundIn(data), sessions: sessions)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // Taken out, because what is sent and handed on could call back into this handler.
    var finished = batch
    batch = HealthBatch()
    sendAnswers(of: &finished, context: context)
    tally.add(finished.counters)
    if !finished.received.isEmpty { deliver(finished.received) }
    finished.restart()
    batch = finished
  }

  private func sendAnswers(of batch: inout HealthBatch, context: ChannelHandlerContext) {
    guard !batch.destinations.isEmpty else { return }
    // The socket's buffer is full: waiting acknowledgements would only grow old.
    guard context.channel.isWritable else {
      batch.counters.acknowledgementsDropped += UInt64(batch.destinations.count)
      return
    }
    let buffer = context.channel.allocator.buffer(bytes: batch.answers)
    var start = 0
    for (address, end) in batch.destinations {
      guard let answer = buffer.getSlice(at: start, length: end - start) else {
        preconditionFailure("an acknowledgement lies outside its batch")
      }
      context.write(
        wrapOutboundOut(AddressedEnvelope(remoteAddress: address, data: answer)), promise: nil)
      start = end
    }
    context.flush()
    batch.counters.acknowledged += UInt64(batch.destinations.count)
  }

  /// Errors that leave the socket open are of single datagrams; those that close it end the server's wait.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
