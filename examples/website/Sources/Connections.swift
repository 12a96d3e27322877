// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The open connections of a server.
final class Connections: Sendable {
  /// Sent through a connection's pipeline when the server stops: answer what has begun, then close.
  struct Drain: Sendable {}

  private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

  func add(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    channels.withLock { $0[id] = channel }
    channel.closeFuture.whenComplete { _ in
      self.channels.withLock { $0[id] = nil }
    }
  }

  /// Asks every connection to end and waits until all have, or the time is up. Blocks.
  func drain(within time: TimeAmount, on loop: any EventLoop) {
    let open = channels.withLock { Array($0.values) }
    for channel in open {
      channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(Drain()) }
    }
    let promise = loop.makePromise(of: Void.self)
    EventLoopFuture.andAllComplete(open.map(\.closeFuture), on: loop).cascade(to: promise)
    let timeout = loop.scheduleTask(in: time) { promise.succeed() }
    promise.futureResult.whenComplete { _ in timeout.cancel() }
    // The promise is only ever succeeded.
    try? promise.futureResult.wait()
  }
}
