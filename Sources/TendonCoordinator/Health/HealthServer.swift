// SPDX-License-Identifier: Apache-2.0
package import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import TendonModel

/// Receives the agents' heartbeats over UDP and acknowledges them at once, on its event loop.
///
/// Give it an event loop of its own: whatever else runs there delays acknowledgements, and so leases.
package final class HealthServer: Service {
  /// Where to listen. Default: every address, port 7481.
  package struct Configuration: Sendable {
    package var host: String
    /// 0 takes a free port; see `HealthServer.port`.
    package var port: Int
    /// The kernel's buffer, in bytes; default 4 MiB, some 10,000 heartbeats. The kernel caps it at
    /// net.core.rmem_max. Raising it bears longer pauses of the coordinator and costs kernel memory.
    package var receiveBufferBytes: Int

    package init(
      host: String = "0.0.0.0", port: Int = 7481, receiveBufferBytes: Int = 4 << 20
    ) {
      self.host = host
      self.port = port
      self.receiveBufferBytes = receiveBufferBytes
    }
  }

  /// The port it listens on.
  package let port: UInt16
  package let sessions: SessionTable
  private let configuration: Configuration
  private let group: any EventLoopGroup
  private let logger: Logger
  private let tally: HealthTally
  private let deliver: @Sendable ([ReceivedHeartbeat]) -> Void
  private let socket: Mutex<Socket>

  private struct Socket: Sendable {
    var channel: any Channel
    var isStopping = false
  }

  /// Listens; from now on heartbeats of open sessions are answered. `run()` keeps it so and closes at the end.
  /// - Parameter deliver: called on the event loop with every batch of heartbeats, so it must not block: it
  ///   puts them into a bounded queue.
  /// - Throws: what the system says of the address.
  package static func bind(
    _ configuration: Configuration, sessions: SessionTable, on group: any EventLoopGroup,
    logger: Logger, deliver: @escaping @Sendable ([ReceivedHeartbeat]) -> Void
  ) async throws -> HealthServer {
    let tally = HealthTally()
    let channel = try await open(
      configuration, on: group, sessions: sessions, tally: tally, deliver: deliver)
    return HealthServer(
      configuration: configuration, channel: channel, group: group, sessions: sessions,
      tally: tally, logger: logger, deliver: deliver)
  }

  private init(
    configuration: Configuration, channel: any Channel, group: any EventLoopGroup,
    sessions: SessionTable, tally: HealthTally, logger: Logger,
    deliver: @escaping @Sendable ([ReceivedHeartbeat]) -> Void
  ) {
    let port = channel.localAddress?.port ?? configuration.port
    self.port = UInt16(port)
    self.configuration = Configuration(
      host: configuration.host, port: port, receiveBufferBytes: configuration.receiveBufferBytes)
    socket = Mutex(Socket(channel: channel))
    self.group = group
    self.sessions = sessions
    self.tally = tally
    self.logger = logger
    self.deliver = deliver
  }

  package var counters: HealthCounters { tally.snapshot }

  /// Listens until the service group shuts down or the task is cancelled. A send that the network refuses can
  /// close NIO's channel (ENETUNREACH, EPERM); the port is then opened again, for one host's trouble must
  /// not silence the others.
  package func run() async throws {
    try await withTaskCancellationOrGracefulShutdownHandler {
      while let current = socket.withLock({ $0.isStopping ? nil : $0.channel }) {
        do {
          try await current.closeFuture.get()
        } catch {
          logger.warning("The health socket failed", metadata: ["error": "\(error)"])
        }
        try await reopen()
      }
    } onCancelOrGracefulShutdown: {
      self.stop()
    }
  }

  private func stop() {
    let channel = socket.withLock { socket in
      socket.isStopping = true
      return socket.channel
    }
    channel.close(promise: nil)
  }

  /// Opens the port again, trying ten times a second until it is open or the server is to stop.
  private func reopen() async throws {
    while !socket.withLock({ $0.isStopping }) {
      do {
        let opened = try await Self.open(
          configuration, on: group, sessions: sessions, tally: tally, deliver: deliver)
        tally.countRebind()
        let isStopping = socket.withLock { socket in
          socket.channel = opened
          return socket.isStopping
        }
        if isStopping { opened.close(promise: nil) }
        return
      } catch {
        logger.error(
          "The health port could not be opened again; trying on", metadata: ["error": "\(error)"])
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  /// 64 datagrams a system call, each into its own 2,048 bytes of one buffer; four such reads a turn.
  private static func open(
    _ configuration: Configuration, on group: any EventLoopGroup, sessions: SessionTable,
    tally: HealthTally, deliver: @escaping @Sendable ([ReceivedHeartbeat]) -> Void
  ) async throws -> any Channel {
    let datagramsPerRead = 64
    return try await DatagramBootstrap(group: group)
      .channelOption(.socketOption(.so_rcvbuf), value: configuration.receiveBufferBytes)
      .channelOption(.datagramVectorReadMessageCount, value: datagramsPerRead)
      .channelOption(
        .recvAllocator,
        value: FixedSizeRecvByteBufferAllocator(capacity: 2048 * datagramsPerRead)
      )
      .channelOption(.maxMessagesPerRead, value: 4)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            HealthHandler(sessions: sessions, tally: tally, deliver: deliver))
        }
      }
      .bind(host: configuration.host, port: configuration.port).get()
  }
}
