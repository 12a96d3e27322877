// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Owns a pidfd: a hold on one process that never comes to mean another (pidfd_open(2)).
package final class PidFD: Sendable {
  /// Close-on-exec. Becomes readable when the process ends. Valid as long as this object lives.
  package let rawValue: Int32

  /// Takes over a descriptor, which is closed with this object.
  package init(adopting rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// Of the process that has this pid now: compare its start time before trusting it.
  /// - Throws: `ProcessError`, with ESRCH when there is no such process.
  package init(pid: Int32) throws(ProcessError) {
    let fd = tendon_pidfd_open(pid)
    guard fd >= 0 else { throw ProcessError(call: "pidfd_open \(pid)", errno: -fd) }
    rawValue = fd
  }

  deinit { close(rawValue) }

  /// Whether the process has ended, reaped or not.
  package var hasEnded: Bool { tendon_poll_two(rawValue, false, -1, 0) & 1 != 0 }

  /// - Throws: `ProcessError`, with ESRCH when the process has ended and was reaped.
  package func send(signal: Int32) throws(ProcessError) {
    let answer = tendon_pidfd_send_signal(rawValue, signal)
    guard answer == 0 else {
      throw ProcessError(call: "pidfd_send_signal \(signal)", errno: -answer)
    }
  }

  /// Blocks until the process has ended. For a thread of its own.
  /// - Returns: false when the time ran out first.
  package func waitUntilEnded(within limit: Duration) -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while !hasEnded {
      let left = clock.now.duration(to: deadline)
      guard left > .zero else { return false }
      _ = tendon_poll_two(rawValue, false, -1, left.pollMilliseconds)
    }
    return true
  }
}

extension Duration {
  /// Rounded up, for poll(2); at least 1, at most a day.
  var pollMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    let milliseconds = min(seconds, 86_400) * 1000 + attoseconds / 1_000_000_000_000_000
    return Int32(clamping: max(milliseconds + 1, 1))
  }
}
