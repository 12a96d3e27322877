// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOPosix
import TendonDatagram
import TendonModel

/// The agent's end of the health path on a real socket.
actor TestAgent {
  nonisolated let host: HostID
  nonisolated let keys: DatagramKeys
  private let channel: any Channel
  private let server: SocketAddress
  private let inbox: AsyncStream<[UInt8]>
  private var sealer: DatagramSealer
  private var opener: DatagramOpener

  init(port: UInt16, session: UInt32, name: String = "host1") async throws {
    let (inbox, entry) = AsyncStream.makeStream(of: [UInt8].self)
    self.inbox = inbox
    channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.socketOption(.so_rcvbuf), value: 4 << 20)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Inbox(entry: entry))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    server = try SocketAddress(ipAddress: "127.0.0.1", port: Int(port))
    host = try HostID(name)
    keys = try DatagramKeys(
      joinToken: [1, 2, 3], agentNonce: SessionNonce.random(),
      coordinatorNonce: SessionNonce.random(), host: host, session: session)
    sealer = DatagramSealer(keys: keys, direction: .agentToCoordinator)
    opener = DatagramOpener(keys: keys, direction: .coordinatorToAgent)
  }

  func close() async throws { try await channel.close() }

  func sealed(_ body: [UInt8], as kind: DatagramKind) throws -> [UInt8] {
    var datagram: [UInt8] = []
    try sealer.seal(body, as: kind, appendingTo: &datagram)
    return datagram
  }

  /// A heartbeat that says it was sent at 1 us times its sequence.
  func sealed(_ sequence: UInt64) throws -> [UInt8] {
    let heartbeat = Heartbeat(
      sequence: sequence, incarnation: Incarnation(bootHigh: 1, bootLow: 2, agentStartedAt: 3),
      sentAt: MonotonicTime(nanoseconds: Int64(sequence) * 1000), appliedRevision: Revision(1),
      roundTripMicroseconds: 0, usage: HostUsage(cpuMilli: 1, memoryUsedBytes: 2), instances: [])
    return try sealed(HeartbeatCodec.encode(heartbeat), as: .heartbeat)
  }

  func send(_ datagram: [UInt8]) async throws {
    try await channel.writeAndFlush(
      AddressedEnvelope(remoteAddress: server, data: ByteBuffer(bytes: datagram)))
  }

  func beat(_ sequence: UInt64) async throws { try await send(try sealed(sequence)) }

  /// The next datagram that comes, which must be an authentic acknowledgement.
  func ack() async throws -> HeartbeatAck { try HeartbeatAckCodec.decode(try await next().body) }

  /// The next datagram that comes, which must be authentic.
  func next() async throws -> (kind: DatagramKind, body: [UInt8]) {
    for await bytes in inbox {
      var body: [UInt8] = []
      let header = try bytes.withUnsafeBytes { try DatagramHeader(of: $0) }
      try bytes.withUnsafeBytes { try opener.open($0, header: header, into: &body) }
      return (header.kind, body)
    }
    throw ChannelError.eof
  }
}

private final class Inbox: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  private let entry: AsyncStream<[UInt8]>.Continuation

  init(entry: AsyncStream<[UInt8]>.Continuation) { self.entry = entry }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    entry.yield(Array(unwrapInboundIn(data).data.readableBytesView))
  }
}
