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
      headers: [.contentType: "application/jsonl", .cacheControl: "no-store"], body: body)
  }
}
