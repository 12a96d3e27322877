// SPDX-License-Identifier: Apache-2.0
import ServiceLifecycle
import Synchronization
package import TendonLinux
import TendonModel

/// Receives the agents' heartbeats over UDP and acknowledges them at once, on a thread of its own.
package final class HealthServer: Service {
  /// Where to listen. Default: every address, port 7481.
  package struct Configuration: Sendable {
    package var host: String
    /// 0 takes a free port; see `HealthServer.port`.
    package var port: UInt16
    /// The kernel's buffer, in bytes; default 4 MiB, some 10,000 heartbeats. Without CAP_NET_ADMIN the kernel
    /// caps it at net.core.rmem_max. Raising it bears longer pauses of the coordinator and costs kernel memory.
    package var receiveBufferBytes: Int

    package init(
      host: String = "0.0.0.0", port: UInt16 = 7481, receiveBufferBytes: Int = 4 << 20
    ) {
      self.host = host
      self.port = port
      self.receiveBufferBytes = receiveBufferBytes
    }
  }

  package let sessions: SessionTable
  private let socket: DatagramSocket
  private let tally = HealthTally()
  private let deliver: @Sendable ([ReceivedHeartbeat]) -> Void

  /// Binds the port; `run()` answers on it.
  /// - Parameter deliver: called on the server's thread with every batch of heartbeats, so it must not block: it
  ///   puts them into a bounded queue.
  package init(
    _ configuration: Configuration, sessions: SessionTable,
    deliver: @escaping @Sendable ([ReceivedHeartbeat]) -> Void
  ) throws(SocketError) {
    socket = try DatagramSocket(
      host: configuration.host, port: configuration.port,
      receiveBufferBytes: configuration.receiveBufferBytes)
    self.sessions = sessions
    self.deliver = deliver
  }

  /// The port it listens on.
  package var port: UInt16 { socket.port }

  /// The kernel's number of the thread that answers, by which its CPU time is accounted for; nil before `run()`.
  package var thread: Int32? { tally.thread }

  package var counters: HealthCounters { tally.snapshot }

  /// Answers until the service group shuts down or the task is cancelled.
  /// - Throws: `ProcessError` when there can be no further thread.
  package func run() async throws {
    let loop = HealthLoop(socket: socket, sessions: sessions, tally: tally, deliver: deliver)
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await BlockingThread.run { loop.run() }
    } onCancelOrGracefulShutdown: {
      self.socket.stop()
    }
  }
}
