// SPDX-License-Identifier: Apache-2.0
package import TendonCore
import TendonLinux
package import TendonModel

/// A sign of life that is no heartbeat, with when it came.
package struct ReceivedSign: Hashable, Sendable {
  package var sign: HostSign
  /// On the coordinator's boot-time clock.
  package var receivedAt: MonotonicTime

  package init(sign: HostSign, receivedAt: MonotonicTime) {
    self.sign = sign
    self.receivedAt = receivedAt
  }
}

/// An authentic datagram of an agent.
enum HealthArrival {
  case heartbeat(ReceivedHeartbeat, lastFrom: DatagramAddress?)
  case sign(HostSign)
  /// What a host says of a try; the answer within is not opened yet.
  case report(ProbeReport, by: HostID)
}
