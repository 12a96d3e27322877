// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOPosix
import TendonDatagram
import TendonModel

@testable import TendonAgent

/// The other end of a heartbeat sender, on a real socket; it answers only what a test tells it to.
actor FakeCoordinator {
  nonisolated let session: HealthSession
  private let channel: any Channel
  private let inbox: AsyncStream<AddressedEnvelope<ByteBuffer>>
  private let address: SocketAddress
  private var current: HealthSession
  private var opener: DatagramOpener
  private var sealer: DatagramSealer
  private var agent: SocketAddress?

  init() async throws {
    let (inbox, entry) = AsyncStream.makeStream(of: AddressedEnvelope<ByteBuffer>.self)
    channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Inbox(entry: entry))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    self.inbox = inbox
    address = channel.localAddress!
    session = try Self.session(1, at: address)
    current = session
    opener = DatagramOpener(keys: session.keys, direction: .agentToCoordinator)
    sealer = DatagramSealer(keys: session.keys, direction: .coordinatorToAgent)
  }

  func close() async throws { try await channel.close() }

  private static func session(_ id: UInt32, at address: SocketAddress) throws -> HealthSession {
    let grant = SessionGrant(
      sessionID: id, nonce: SessionNonce.random(), coordinatorEpoch: 1,
      udpPort: UInt16(address.port!), heartbeatInterval: Span(milliseconds: 20),
      lease: .seconds(10))
    return try HealthSession(
      grant: grant, joinToken: [1, 2, 3], agentNonce: SessionNonce.random(),
      host: HostID("host1"), coordinator: address)
  }

  /// From now on only the new session's beats are read.
  func replaceSession() throws -> HealthSession {
    current = try Self.session(2, at: address)
    opener = DatagramOpener(keys: current.keys, direction: .agentToCoordinator)
    sealer = DatagramSealer(keys: current.keys, direction: .coordinatorToAgent)
    return current
  }

  /// The next authentic heartbeat of the current session with a higher sequence.
  func heartbeat(after sequence: UInt64 = 0) async throws -> Heartbeat {
    for await envelope in inbox {
      agent = envelope.remoteAddress
      let bytes = Array(envelope.data.readableBytesView)
      guard let heartbeat = try read(bytes), heartbeat.sequence > sequence else { continue }
      return heartbeat
    }
    throw ChannelError.eof
  }

  private func read(_ bytes: [UInt8]) throws -> Heartbeat? {
    let header = try bytes.withUnsafeBytes { try DatagramHeader(of: $0) }
    guard header.session == current.keys.session else { return nil }
    return try HeartbeatCodec.decode(try open(bytes).body)
  }

  func open(_ bytes: [UInt8]) throws -> (kind: DatagramKind, body: [UInt8]) {
    var body: [UInt8] = []
    let header = try bytes.withUnsafeBytes { try DatagramHeader(of: $0) }
    try bytes.withUnsafeBytes { try opener.open($0, header: header, into: &body) }
    return (header.kind, body)
  }

  /// The body of the next authentic datagram of that kind; others are passed over.
  func next(_ kind: DatagramKind) async throws -> [UInt8] {
    for await envelope in inbox {
      let (found, body) = try open(Array(envelope.data.readableBytesView))
      if found == kind { return body }
    }
    throw ChannelError.eof
  }

  /// The port that the agent's last heartbeat came from.
  var agentPort: UInt16? { agent?.port.map { UInt16($0) } }

  func sealed(_ body: [UInt8], as kind: DatagramKind) throws -> [UInt8] {
    var datagram: [UInt8] = []
    try sealer.seal(body, as: kind, appendingTo: &datagram)
    return datagram
  }

  func sealed(_ heartbeat: Heartbeat, newestRevision: UInt64) throws -> [UInt8] {
    let ack = HeartbeatAck(
      sequence: heartbeat.sequence, echoedSentAt: heartbeat.sentAt, coordinatorEpoch: 1,
      newestRevision: Revision(newestRevision), lease: .seconds(10))
    var datagram: [UInt8] = []
    try sealer.seal(HeartbeatAckCodec.encode(ack), as: .ack, appendingTo: &datagram)
    return datagram
  }

  func send(_ datagram: [UInt8]) async throws {
    try await channel.writeAndFlush(
      AddressedEnvelope(remoteAddress: agent!, data: ByteBuffer(bytes: datagram)))
  }

  func acknowledge(_ heartbeat: Heartbeat, newestRevision: UInt64) async throws {
    try await send(try sealed(heartbeat, newestRevision: newestRevision))
  }
}

private final class Inbox: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  private let entry: AsyncStream<AddressedEnvelope<ByteBuffer>>.Continuation

  init(entry: AsyncStream<AddressedEnvelope<ByteBuffer>>.Continuation) { self.entry = entry }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    entry.yield(unwrapInboundIn(data))
  }
}
