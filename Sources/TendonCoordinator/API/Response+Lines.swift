// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import Synchronization

/// Runs once, when a streamed answer is over in whatever way, also when it never began.
final class StreamEnd: Sendable {
  private let action: Mutex<(@Sendable (_ byPeer: Bool) -> Void)?>

  init(_ action: @escaping @Sendable (_ byPeer: Bool) -> Void) { self.action = Mutex(action) }

  deinit { reached(byPeer: false) }

  /// - Parameter byPeer: the other side closed the connection.
  func reached(byPeer: Bool) {
    let action = action.withLock { action in
      defer { action = nil }
      return action
    }
    action?(byPeer)
  }
}

extension HTTPFields {
  /// The head of an answer that is sent as it comes to be. Listening for the other side's hanging up ends the
  /// connection's input, so the connection ends with the answer: a client that is not told so would take it for
  /// its next request.
  static func ofStream(type: String) -> HTTPFields {
    [.contentType: type, .cacheControl: "no-store", .connection: "close"]
  }
}

extension Response {
  /// Sends the queue's lines as they come, until it is finished or the other side hangs up.
  static func lines(_ queue: LineQueue, of request: Request, end: StreamEnd) -> Response {
    let body = ResponseBody { writer in
      defer { end.reached(byPeer: false) }
      try await request.body.consumeWithInboundCloseHandler { _ in
        try await withGracefulShutdownHandler {
          while let lines = await queue.next() { try await writer.write(lines) }
        } onGracefulShutdown: {
          queue.finish()
        }
        try await writer.finish(nil)
      } onInboundClosed: {
        end.reached(byPeer: !queue.isFinished)
        queue.cut()
      }
    }
    return Response(
      status: .ok,
      headers: HTTPFields.ofStream(type: "application/jsonl"), body: body)
  }
}
