// SPDX-License-Identifier: Apache-2.0
import Glibc
package import TendonModel

/// The clock both ends stamp their datagrams by: it never steps back and goes on while the machine sleeps, so
/// a lease ends on time there too.
package enum BootClock {
  package static func now() -> MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }
}
