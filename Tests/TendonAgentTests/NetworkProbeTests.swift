// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import TendonCore
import Testing

@testable import TendonAgent
@testable import TendonModel

/// Answers each connection with a fixed text after its first bytes; nil answers nothing.
private final class Answering: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  let text: String?
  init(_ text: String?) { self.text = text }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let text else { return }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    context.close(promise: nil)
  }
}

@Suite("Probes over the network", .timeLimit(.minutes(1)))
struct NetworkProbeTests {
  private let probe = NetworkProbe(group: MultiThreadedEventLoopGroup.singleton)

  private func withServer(
    _ text: String?, _ body: (UInt16) async throws -> Void
  ) async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Answering(text))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    try await body(UInt16(try #require(server.localAddress?.port)))
    try await server.close()
  }

  @Test(
    "The status decides, whatever follows it.",
    arguments: [
      ("HTTP/1.1 200 OK\r\n\r\nhello", nil, ProbeOutcome.success),
      ("HTTP/1.0 301 Moved\r\n", nil, .success),
      ("HTTP/1.1 503 Busy\r\n", nil, .failure("HTTP status 503")),
      ("HTTP/1.1 204 No Content\r\n", 204, .success),
      ("HTTP/1.1 200\n", 204, .failure("HTTP status 200, not 204")),
      ("SSH-2.0-OpenSSH\r\n", nil, .failure("the answer is not HTTP")),
      ("", nil, .failure("the connection was closed before an answer")),
      (String(repeating: "x", count: 5000), nil, .failure("the answer is not HTTP")),
    ] as [(String, Int?, ProbeOutcome)])
  func http(answer: String, wanted: Int?, outcome: ProbeOutcome) async throws {
    try await withServer(answer) { port in
      #expect(
        await probe.http(port: port, path: "/", status: wanted, within: .seconds(5)) == outcome)
    }
  }

  @Test("A server that takes the connection and says nothing fails when the time is over.")
  func silent() async throws {
    try await withServer(nil) { port in
      let begun = ContinuousClock.now
      let outcome = await probe.http(
        port: port, path: "/", status: nil, within: Span(milliseconds: 150))
      #expect(outcome == .failure("no answer within 150ms"))
      #expect(ContinuousClock.now - begun < .seconds(5))
      #expect(await probe.tcp(port: port, within: .seconds(5)) == .success)
    }
  }

  @Test("Where nobody listens the connection is refused.")
  func refused() async throws {
    var free: UInt16 = 0
    try await withServer("") { free = $0 }
    #expect(
      await probe.tcp(port: free, within: .seconds(5)) == .failure("connection refused"))
  }
}
