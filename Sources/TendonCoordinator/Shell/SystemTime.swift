// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonDatagram
package import TendonModel

/// The machine's clocks: boot time to decide by, as the health server stamps heartbeats, and the wall to show.
package enum SystemTime {
  package static let now: @Sendable () -> Now = {
    Now(
      monotonic: BootClock.now(),
      wall: Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1000)))
  }
}
