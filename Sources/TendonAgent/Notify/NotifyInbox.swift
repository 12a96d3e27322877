// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TendonCore
import TendonLinux
import TendonModel

/// What instances told of themselves and nobody has taken yet: for each the newest of each kind, so that a program that
/// talks without end costs no memory.
final class NotifyInbox: Sendable {
  struct Pending: Sendable {
    /// `.ready` or `.stopping`, whichever was last.
    var readiness: Notification?
    var isAlive = false
    var isTriggered = false
    var status: String?

    var notifications: [Notification] {
      var all: [Notification] = []
      if isAlive { all.append(.alive) }
      if let readiness { all.append(readiness) }
      if let status { all.append(.status(status)) }
      if isTriggered { all.append(.trigger) }
      return all
    }
  }

  private static let longestStatus = 200

  private let pending = Mutex<[CgroupLeaf: Pending]>([:])
  let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  init() {
    (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Takes the lines of one datagram (sd_notify(3)); those that mean nothing here are passed over.
  func take(_ lines: [String], from leaf: CgroupLeaf) {
    let isNews = pending.withLock { pending in
      var entry = pending[leaf] ?? Pending()
      var isNews = false
      for line in lines where Self.take(line, into: &entry) { isNews = true }
      if isNews { pending[leaf] = entry }
      return isNews
    }
    if isNews { signal.yield() }
  }

  private static func take(_ line: String, into entry: inout Pending) -> Bool {
    switch line {
    case "READY=1": entry.readiness = .ready
    case "STOPPING=1": entry.readiness = .stopping
    case "WATCHDOG=1": entry.isAlive = true
    case "WATCHDOG=trigger": entry.isTriggered = true
    case _ where line.hasPrefix("STATUS="):
      let text = line.dropFirst("STATUS=".count).unicodeScalars
        .filter { $0.value >= 32 && $0.value != 127 }.prefix(longestStatus)
      entry.status = String(String.UnicodeScalarView(text))
    default: return false
    }
    return true
  }

  func takeAll() -> [CgroupLeaf: Pending] {
    pending.withLock { pending in
      defer { pending = [:] }
      return pending
    }
  }
}
