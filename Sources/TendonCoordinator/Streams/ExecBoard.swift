// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TendonModel

/// The commands that run in instances for users: what users send to them, on its way to the agents.
final class ExecBoard: Sendable {
  /// The most at one time.
  static let most = 128

  private struct Entry {
    var host: HostID
    var input: ReplyPipe
    /// Whether the user's request that sends has come.
    var isSent = false
    /// Whether the agent's request that takes has come.
    var isTaken = false
  }

  private let entries = Mutex<[UInt64: Entry]>([:])

  /// False when there are too many.
  func add(_ number: UInt64, host: HostID, input: ReplyPipe) -> Bool {
    entries.withLock { entries in
      guard entries.count < Self.most else { return false }
      entries[number] = Entry(host: host, input: input)
      return true
    }
  }

  /// Where the user's bytes go; once for each exec.
  func send(to number: UInt64) -> ReplyPipe? {
    entries.withLock { entries in
      guard let entry = entries[number], !entry.isSent else { return nil }
      entries[number]?.isSent = true
      return entry.input
    }
  }

  /// Where the agent gets them; once for each exec.
  func take(_ number: UInt64, host: HostID) -> ReplyPipe? {
    entries.withLock { entries in
      guard let entry = entries[number], entry.host == host, !entry.isTaken else { return nil }
      entries[number]?.isTaken = true
      return entry.input
    }
  }

  /// The command has ended, or nobody waits for it: both requests end.
  func remove(_ number: UInt64) {
    let entry = entries.withLock { $0.removeValue(forKey: number) }
    entry?.input.cancel()
  }
}
