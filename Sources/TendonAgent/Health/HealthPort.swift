// SPDX-License-Identifier: Apache-2.0
import Glibc
import NIOCore
import TendonLinux

/// The agent's UDP socket. It keeps its port for the agent's life, because other hosts reach the agent by it.
///
/// NIO reads from it. It is written to past NIO, which closes a datagram channel at the first send that the system
/// refuses (no route, a firewall): the next one would have another port, and what others send to the old one in
/// between would be lost just when the path to the coordinator is broken.
struct HealthPort: Sendable {
  let channel: any Channel

  /// Sends without waiting.
  /// - Returns: fails with `ProcessError` where the kernel did not take it, and with NIO's error where the socket is
  ///   closed.
  func send(_ bytes: [UInt8], to target: SocketAddress) -> EventLoopFuture<Void> {
    let channel = channel
    return channel.eventLoop.submit {
      let sent: Void? = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
        of: NIOBSDSocket.Handle.self
      ) { handle in
        try target.withSockAddr { address, length in
          let count = sendto(
            handle, bytes, bytes.count, Int32(MSG_DONTWAIT), address, socklen_t(length))
          guard count == bytes.count else {
            throw ProcessError(call: "sendto \(target)", errno: errno)
          }
        }
      }
      precondition(sent != nil, "a datagram channel of NIO's has a socket")
    }
  }
}
