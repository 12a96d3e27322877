// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonDatagram
import TendonModel

/// A datagram as it came from the socket.
struct Arrival: Sendable {
  var bytes: [UInt8]
  var at: MonotonicTime
}

/// Stamps what arrives and hands it on; the queue is bounded, what it has no room for is lost like any datagram.
final class AckHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  private let arrivals: AsyncStream<Arrival>.Continuation

  init(arrivals: AsyncStream<Arrival>.Continuation) { self.arrivals = arrivals }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data).data.withUnsafeReadableBytes { Array($0) }
    arrivals.yield(Arrival(bytes: bytes, at: BootClock.now()))
  }

  /// Errors that close the socket are seen by the next beat, which opens another.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
