// SPDX-License-Identifier: Apache-2.0
import Glibc
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
package import TendonCore
import TendonDatagram
package import TendonLinux
package import TendonModel

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
  private let deliverSigns: @Sendable ([ReceivedSign]) -> Void

  /// Binds the port; `run()` answers on it.
  /// - Parameter deliver: called on the server's thread with every batch of heartbeats, so it must not block: it
  ///   puts them into a bounded queue.
  /// - Parameter deliverSigns: the same for answers to probes and goodbyes; also called on event loops.
  package init(
    _ configuration: Configuration, sessions: SessionTable,
    deliver: @escaping @Sendable ([ReceivedHeartbeat]) -> Void,
    deliverSigns: @escaping @Sendable ([ReceivedSign]) -> Void = { _ in }
  ) throws(SocketError) {
    socket = try DatagramSocket(
      host: configuration.host, port: configuration.port,
      receiveBufferBytes: configuration.receiveBufferBytes)
    self.sessions = sessions
    self.deliver = deliver
    self.deliverSigns = deliverSigns
  }

  /// The port it listens on.
  package var port: UInt16 { socket.port }

  /// The kernel's number of the thread that answers, by which its CPU time is accounted for; nil before `run()`.
  package var thread: Int32? { tally.thread }

  package var counters: HealthCounters { tally.snapshot }

  /// Everything that had come by then was handed on; nil before `run()`.
  package var listenedUntil: MonotonicTime? { tally.listenedUntil }

  /// Sends tries at once, without waiting.
  package func probe(_ orders: [ProbeOrder]) {
    for order in orders {
      let datagrams = sessions.datagrams(for: order)
      let wasSent = datagrams.map { socket.send($0.bytes, to: $0.to) }
      let address = sessions.address(of: order.suspect)
      if order.pings && wasSent.first != true || address == nil {
        tell(HostSign(.unsent, token: order.token, host: order.suspect))
      }
      guard order.asksKernel, let address, address.isGlobal else { continue }
      askKernel(at: address, for: order)
    }
  }

  private func tell(_ sign: HostSign) {
    deliverSigns([ReceivedSign(sign: sign, receivedAt: BootClock.now())])
  }

  /// A kernel accepts or refuses the connection, if it lives; what listens there does not matter.
  private func askKernel(at address: DatagramAddress, for order: ProbeOrder) {
    let target: SocketAddress
    do {
      target = try SocketAddress(
        packedIPAddress: ByteBuffer(bytes: address.ip), port: Int(address.port))
    } catch { preconditionFailure("an address has 4 or 16 bytes: \(error)") }
    let deliver = deliverSigns
    ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.milliseconds(500))
      .connect(to: target)
      .whenComplete { result in
        let answered: Bool
        switch result {
        case .success(let channel):
          channel.close(promise: nil)
          answered = true
        case .failure(let error):
          answered = (error as? IOError)?.errnoCode == ECONNREFUSED
        }
        guard answered else { return }
        let sign = HostSign(.kernel, token: order.token, host: order.suspect)
        deliver([ReceivedSign(sign: sign, receivedAt: BootClock.now())])
      }
  }

  /// Answers until the service group shuts down or the task is cancelled.
  /// - Throws: `ProcessError` when there can be no further thread.
  package func run() async throws {
    let loop = HealthLoop(
      socket: socket, sessions: sessions, tally: tally, deliver: deliver,
      deliverSigns: deliverSigns)
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await BlockingThread.run { loop.run() }
    } onCancelOrGracefulShutdown: {
      self.socket.stop()
    }
  }
}
