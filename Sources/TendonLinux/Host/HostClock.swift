// SPDX-License-Identifier: Apache-2.0
import Glibc
package import TendonModel

/// The clocks of this host.
package enum HostClock {
  /// CLOCK_BOOTTIME: never steps, and counts the time the host was suspended, so that a lease runs out even then.
  package static var bootTime: MonotonicTime {
    MonotonicTime(nanoseconds: nanoseconds(CLOCK_BOOTTIME))
  }

  /// CLOCK_REALTIME, for people.
  package static var wall: Timestamp {
    Timestamp(millisecondsSinceEpoch: nanoseconds(CLOCK_REALTIME) / 1_000_000)
  }

  package static var now: Now { Now(monotonic: bootTime, wall: wall) }

  private static func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // Fails only for a clock that the kernel does not have; both are older than any we run on.
    precondition(clock_gettime(clock, &time) == 0, "clock \(clock) is missing")
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
