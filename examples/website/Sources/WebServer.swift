// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// Listens, serves until SIGTERM or SIGINT, then finishes what it has begun.
enum WebServer {
  /// How long open requests have to finish once the server stops.
  private static let drainTime = TimeAmount.seconds(5)

  /// Blocks the calling thread, which becomes the one that waits for signals.
  /// - Throws: `ExitCode(1)` when the port cannot be had, after saying why.
  static func serve(_ responder: any Responder, port: Int, title: String) throws -> Never {
    // Blocked before any thread starts, so that all inherit it and only sigwait takes them.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    signal(SIGPIPE, SIG_IGN)

    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let pool = NIOThreadPool(numberOfThreads: 2)
    pool.start()
    let connections = Connections()
    let workshop = Workshop(pool: pool)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          connections.add(channel)
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(
            HTTPHandler(responder: responder, workshop: workshop))
        }
      }
    let server: any Channel
    do {
      server = try bootstrap.bind(host: "0.0.0.0", port: port).wait()
    } catch {
      Output.error("tendon-website: cannot listen on port \(port): \(error)")
      throw ExitCode(1)
    }
    Output.line("\(Clock.timestamp()) \(title) site listens on 0.0.0.0:\(port)")

    var received: Int32 = 0
    sigwait(&signals, &received)
    Output.line("\(Clock.timestamp()) signal \(received): finishing")
    try server.close().wait()
    connections.drain(within: drainTime, on: group.next())
    // Work that goes on (it may have been asked for minutes) ends with the process.
    exit(EXIT_SUCCESS)
  }
}
