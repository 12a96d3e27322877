// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Speaks HTTP/1 on one connection. The pipeline's pipelining handler lets one request in at a
/// time.
final class HTTPHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// The largest request body that is read (and dropped); no page takes one.
  private static let largestBody = 1 << 20

  private let responder: any Responder
  private let workshop: Workshop
  private var head: HTTPRequestHead?
  private var bodySize = 0
  private var isDraining = false

  init(responder: any Responder, workshop: Workshop) {
    self.responder = responder
    self.workshop = workshop
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      bodySize = 0
    case .body(let part):
      bodySize += part.readableBytes
      if bodySize > Self.largestBody { context.close(promise: nil) }
    case .end:
      guard let head else { return }
      answer(head, context: context)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is Connections.Drain {
      isDraining = true
      if head == nil { context.close(promise: nil) }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A connection that broke: the client is gone, nobody is left to tell.
    context.close(promise: nil)
  }

  private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
    let began = NIODeadline.now()
    let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    response(to: head, on: context.eventLoop).whenComplete { result in
      let (handler, context) = bound.value
      let response: Response
      switch result {
      case .success(let made): response = made
      case .failure(let error):
        Output.error("\(Clock.timestamp()) \(head.method) \(head.uri): \(error)")
        response = .text("Something went wrong here.", status: .internalServerError)
      }
      handler.write(response, to: head, context: context)
      let took = (NIODeadline.now() - began).nanoseconds / 1000
      if head.uri != "/healthz" {
        Output.line(
          "\(Clock.timestamp()) \(head.method) \(head.uri) \(response.status.code) \(took)us")
      }
    }
  }

  private func response(
    to head: HTTPRequestHead, on loop: any EventLoop
  ) -> EventLoopFuture<Response> {
    if head.version == .http1_1 && head.headers["host"].count != 1 {
      return loop.makeSucceededFuture(.badRequest("A request needs one Host header."))
    }
    guard head.method == .GET || head.method == .HEAD else {
      var response = Response.text("Only GET and HEAD are known here.", status: .methodNotAllowed)
      response.headers.add(name: "allow", value: "GET, HEAD")
      return loop.makeSucceededFuture(response)
    }
    guard let request = Request(target: head.uri) else {
      return loop.makeSucceededFuture(
        .badRequest("The address is not well-formed percent-encoded UTF-8."))
    }
    if request.path == "/healthz" { return loop.makeSucceededFuture(.healthy) }
    return responder.response(to: request, in: WorkContext(workshop: workshop, loop: loop))
  }

  private func write(
    _ response: Response, to head: HTTPRequestHead, context: ChannelHandlerContext
  ) {
    let staysOpen = head.isKeepAlive && !isDraining
    var headers = response.headers
    headers.add(name: "content-length", value: String(response.body.readableBytes))
    headers.add(name: "date", value: Clock.httpDate())
    if !staysOpen {
      headers.add(name: "connection", value: "close")
    } else if head.version != .http1_1 {
      headers.add(name: "connection", value: "keep-alive")
    }
    self.head = nil
    let answer = HTTPResponseHead(
      version: .http1_1, status: response.status, headers: headers)
    context.write(wrapOutboundOut(.head(answer)), promise: nil)
    if head.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
    }
    let done = context.eventLoop.makePromise(of: Void.self)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: done)
    guard !staysOpen else { return }
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    done.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
  }
}
