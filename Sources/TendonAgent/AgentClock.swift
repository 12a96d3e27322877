// SPDX-License-Identifier: Apache-2.0

import Glibc
package import TendonModel

/// The clocks of this host. The monotonic one is CLOCK_BOOTTIME, which also counts while the machine sleeps
/// and on which process start times are based.
package enum AgentClock {
  package static func now() -> Now { Now(monotonic: monotonic(), wall: wall()) }

  package static func monotonic() -> MonotonicTime {
    MonotonicTime(nanoseconds: read(CLOCK_BOOTTIME))
  }

  package static func wall() -> Timestamp {
    Timestamp(millisecondsSinceEpoch: read(CLOCK_REALTIME) / 1_000_000)
  }

  /// The time of a process's start, from the clock ticks after boot that the kernel gives.
  package static func time(ofTicks ticks: UInt64) -> MonotonicTime {
    let perSecond = Int64(sysconf(Int32(_SC_CLK_TCK)))
    return MonotonicTime(nanoseconds: Int64(clamping: ticks) * (1_000_000_000 / perSecond))
  }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // Fails only for a clock that does not exist.
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
