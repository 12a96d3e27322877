// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TendonLinux
import TendonModel

/// Notices that a stream is broken though nobody said so.
final class StreamMonitor: Sendable {
  /// The coordinator sends a line at least every two seconds.
  private static let longestSilence = Duration.seconds(6)
  /// A delta that an acknowledgement spoke of may be this late.
  private static let longestLag = Duration.seconds(1)
  private static let interval = Duration.milliseconds(250)

  private let lastLine = Mutex(HostClock.bootTime)

  func heard() { lastLine.withLock { $0 = HostClock.bootTime } }

  /// - Throws: `StreamFault` when the stream has to be opened anew.
  func watch(_ agent: HostAgent, _ heartbeats: HeartbeatSender) async throws {
    var behindSince: MonotonicTime?
    while true {
      try await Task.sleep(for: Self.interval)
      let now = HostClock.bootTime
      if now - lastLine.withLock({ $0 }) > Self.longestSilence { throw StreamFault.silent }
      if heartbeats.link.needsNewSession { throw StreamFault.keyUsedUp }
      guard await agent.isBehind else {
        behindSince = nil
        continue
      }
      let since = behindSince ?? now
      behindSince = since
      if now - since > Self.longestLag { throw StreamFault.behind }
    }
  }
}

/// Why a stream was given up.
enum StreamFault: Error, CustomStringConvertible {
  case ended, silent, behind, keyUsedUp

  var description: String {
    switch self {
    case .ended: "the coordinator ended the stream"
    case .silent: "the stream has been silent for too long"
    case .behind: "the stream missed a change"
    case .keyUsedUp: "the session's key is used up"
    }
  }
}
