// SPDX-License-Identifier: Apache-2.0
import Glibc
import NIOCore

/// Finds out that a peer has vanished: one that lost power says nothing, and a followed log may rightly be
/// silent for days (tcp(7)).
enum TCPKeepAlive {
  /// 15 s of silence, then three probes 5 s apart.
  static func enable(_ channel: any Channel) -> EventLoopFuture<Void> {
    let options: [(ChannelOptions.Types.SocketOption, Int)] = [
      (.init(level: .socket, name: .so_keepalive), 1),
      (.init(level: .tcp, name: .init(rawValue: TCP_KEEPIDLE)), 15),
      (.init(level: .tcp, name: .init(rawValue: TCP_KEEPINTVL)), 5),
      (.init(level: .tcp, name: .init(rawValue: TCP_KEEPCNT)), 3),
    ]
    return .andAllSucceed(
      options.map { channel.setOption($0, value: $1) }, on: channel.eventLoop)
  }
}
