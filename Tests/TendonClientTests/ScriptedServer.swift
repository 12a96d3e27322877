// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOPosix
import Synchronization
import TendonClient

/// A server on the loopback that answers each request with bytes written down beforehand, and keeps what it was
/// asked.
final class ScriptedServer: Sendable {
  enum End: Sendable {
    /// The connection is closed after the last chunk.
    case close
    /// It stays open, and nothing more comes.
    case hold
  }

  private let channel: any Channel
  private let requestTexts: RequestTexts

  fileprivate final class RequestTexts: Sendable {
    let list = Mutex<[String]>([])
  }

  init(_ chunks: [String], then end: End) async throws {
    let texts = RequestTexts()
    requestTexts = texts
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            ScriptHandler(chunks: chunks, end: end, texts: texts))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  var address: ServerAddress {
    get throws { try ServerAddress("127.0.0.1:\(channel.localAddress?.port ?? 0)") }
  }

  /// The text of each request so far, head and body.
  var requests: [String] { requestTexts.list.withLock { $0 } }

  func close() async throws { try await channel.close() }

  /// Runs `body` with a server and a client of it.
  static func run(
    _ chunks: [String], then end: End = .close,
    settings: TendonClient.Settings = TendonClient.Settings(),
    _ body: (TendonClient, ScriptedServer) async throws -> Void
  ) async throws {
    let server = try await ScriptedServer(chunks, then: end)
    let client = try TendonClient(address: server.address, token: "secret", settings: settings)
    do {
      try await body(client, server)
    } catch {
      try await client.shutdown()
      try await server.close()
      throw error
    }
    try await client.shutdown()
    try await server.close()
  }

  /// An answer with a length.
  static func answer(_ status: String, _ body: String) -> [String] {
    ["HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"]
  }

  /// The head of an answer that ends with the connection, and its pieces.
  static func stream(_ pieces: String...) -> [String] {
    ["HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"] + pieces
  }
}

private final class ScriptHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let chunks: [String]
  private let end: ScriptedServer.End
  private let texts: ScriptedServer.RequestTexts
  private var received = ""
  private var isAnswered = false

  init(chunks: [String], end: ScriptedServer.End, texts: ScriptedServer.RequestTexts) {
    self.chunks = chunks
    self.end = end
    self.texts = texts
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += String(buffer: unwrapInboundIn(data))
    guard !isAnswered, isWhole else { return }
    isAnswered = true
    texts.list.withLock { $0.append(received) }
    for chunk in chunks {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: chunk)), promise: nil)
    }
    if end == .close { context.close(promise: nil) }
  }

  /// Whether head and body are there.
  private var isWhole: Bool {
    guard let head = received.firstRange(of: "\r\n\r\n") else { return false }
    let length = received[..<head.lowerBound].lowercased()
      .split(separator: "\r\n")
      .first { $0.hasPrefix("content-length:") }
      .flatMap { Int($0.dropFirst("content-length:".count).filter { $0 != " " }) }
    return received[head.upperBound...].utf8.count >= length ?? 0
  }
}
