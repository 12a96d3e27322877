// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonDatagram
import TendonModel

/// What came for the heartbeat sender.
enum Arrival: Sendable {
  /// A datagram as it came from the socket.
  case datagram([UInt8], from: SocketAddress, at: MonotonicTime)
  /// A kernel that was asked for a try answered.
  case kernel(token: UInt64)
}

/// Stamps what arrives and hands it on; the queue is bounded, what it has no room for is lost like any datagram.
final class AckHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  private let arrivals: AsyncStream<Arrival>.Continuation

  init(arrivals: AsyncStream<Arrival>.Continuation) { self.arrivals = arrivals }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    let bytes = envelope.data.withUnsafeReadableBytes { Array($0) }
    arrivals.yield(.datagram(bytes, from: envelope.remoteAddress, at: BootClock.now()))
  }

  /// Errors that close the socket are seen by the next beat, which opens another.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
