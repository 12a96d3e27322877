// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// When beats are due: every interval, counted from the first and not from the last, so that lateness does not
/// add up; after a pause the missed ones are left out rather than sent in a burst.
package struct HeartbeatCadence: Hashable, Sendable {
  package let interval: Duration
  private var last: MonotonicTime?

  /// - Precondition: the interval is positive.
  package init(interval: Duration) {
    precondition(interval > .zero, "beats need an interval")
    self.interval = interval
  }

  /// When the next beat is due, seen from `now`; the first is due at once.
  package mutating func next(after now: MonotonicTime) -> MonotonicTime {
    guard let last else {
      self.last = now
      return now
    }
    let step = interval.wholeNanoseconds
    let missed = max(0, (now - last).wholeNanoseconds / step)
    let due = MonotonicTime(nanoseconds: last.nanoseconds + (missed + 1) * step)
    self.last = due
    return due
  }
}
