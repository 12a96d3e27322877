// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonDatagram
package import TendonModel

/// The machine's clocks: boot time to decide by, as the health server stamps heartbeats, and the wall to show.
package enum SystemTime {
  package static let now: @Sendable () -> Now = {
    var wall = timespec()
    clock_gettime(CLOCK_REALTIME, &wall)
    return Now(
      monotonic: BootClock.now(),
      wall: Timestamp(
        millisecondsSinceEpoch: Int64(wall.tv_sec) * 1000 + Int64(wall.tv_nsec) / 1_000_000))
  }
}
