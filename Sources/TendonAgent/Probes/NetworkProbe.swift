// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import TendonCore
import TendonModel

/// Asks an instance over the network of its host. An attempt is over with its time-out, whatever the other side does.
struct NetworkProbe: Sendable {
  /// Instances listen on all addresses, or on this one.
  private static let address = "127.0.0.1"

  let group: any EventLoopGroup

  func tcp(port: UInt16, within limit: Span) async -> ProbeOutcome {
    await ask(port, nil, limit) { _ in .success }
  }

  /// - Parameter status: nil takes 200 to 399.
  func http(port: UInt16, path: String, status: Int?, within limit: Span) async -> ProbeOutcome {
    let request =
      "GET \(path) HTTP/1.1\r\nHost: \(Self.address):\(port)\r\nUser-Agent: tendon-probe\r\n"
      + "Accept: */*\r\nConnection: close\r\n\r\n"
    return await ask(port, request, limit) { Self.outcome(ofStatusLine: $0, wanted: status) }
  }

  /// `HTTP/1.1 200 OK` (RFC 9112, 4).
  static func outcome(ofStatusLine line: String, wanted: Int?) -> ProbeOutcome {
    let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count >= 2, words[0].hasPrefix("HTTP/"), words[1].count == 3,
      let status = Int(words[1])
    else { return .failure("the answer is not HTTP") }
    let isWanted = wanted.map { $0 == status } ?? (200...399).contains(status)
    return isWanted
      ? .success : .failure("HTTP status \(status)\(wanted.map { ", not \($0)" } ?? "")")
  }

  private func ask(
    _ port: UInt16, _ request: String?, _ limit: Span,
    judge: @escaping @Sendable (String) -> ProbeOutcome
  ) async -> ProbeOutcome {
    let loop = group.next()
    let answer = loop.makePromise(of: String.self)
    let time = TimeAmount.milliseconds(limit.milliseconds)
    let connecting = ClientBootstrap(group: loop)
      .connectTimeout(time)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            FirstLineHandler(request: request, answer: answer))
        }
      }
      .connect(host: Self.address, port: Int(port))
    connecting.whenFailure { answer.fail($0) }
    let deadline = loop.scheduleTask(in: time) { answer.fail(ProbeFault.timedOut) }
    let result: ProbeOutcome
    do {
      result = judge(try await answer.futureResult.get())
    } catch {
      result = .failure(Self.words(for: error, limit))
    }
    deadline.cancel()
    // Closed by its handler where it came about; fails where it was closed already.
    connecting.whenSuccess { $0.close(promise: nil) }
    return result
  }

  private static func words(for error: any Error, _ limit: Span) -> String {
    switch error {
    case ProbeFault.timedOut, ChannelError.connectTimeout: "no answer within \(limit)"
    case ProbeFault.closed: "the connection was closed before an answer"
    case ProbeFault.tooLong: "the answer is not HTTP"
    case let error as IOError: errnoReason(error)
    case let error as NIOConnectionError:
      error.connectionErrors.first.map { words(for: $0.error, limit) } ?? "no connection"
    default: "\(error)"
    }
  }

  private static func errnoReason(_ error: IOError) -> String {
    error.errnoCode == 111 ? "connection refused" : "connection failed: \(error)"
  }
}

private enum ProbeFault: Error {
  case timedOut, closed, tooLong
}

/// Sends a request, if there is one, and takes the first line of the answer, or the connection itself.
private final class FirstLineHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private static let longestLine = 1024

  private let request: String?
  private let answer: EventLoopPromise<String>
  private var line = ""
  private var isDone = false

  init(request: String?, answer: EventLoopPromise<String>) {
    self.request = request
    self.answer = answer
  }

  func channelActive(context: ChannelHandlerContext) {
    guard let request else { return finish(.success(""), context) }
    context.writeAndFlush(
      wrapOutboundOut(context.channel.allocator.buffer(string: request)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    line += String(buffer: unwrapInboundIn(data))
    if let end = line.utf8.firstIndex(where: { $0 == 10 || $0 == 13 }) {
      finish(.success(String(line[..<end])), context)
    } else if line.utf8.count > Self.longestLine {
      finish(.failure(ProbeFault.tooLong), context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(.failure(ProbeFault.closed), context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    finish(.failure(error), context)
  }

  private func finish(_ result: Result<String, any Error>, _ context: ChannelHandlerContext) {
    guard !isDone else { return }
    isDone = true
    answer.completeWith(result)
    context.close(promise: nil)
  }
}
