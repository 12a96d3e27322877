// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TendonDatagram

/// The health server's counters, written by its event loop once a batch and read by anyone.
final class HealthTally: Sendable {
  private let counters = Mutex(HealthCounters())

  var snapshot: HealthCounters { counters.withLock { $0 } }

  func add(_ batch: HealthCounters) {
    counters.withLock { counters in
      counters.datagrams.add(batch.datagrams)
      counters.acknowledged += batch.acknowledged
      counters.acknowledgementsDropped += batch.acknowledgementsDropped
    }
  }

  func countRebind() { counters.withLock { $0.rebinds += 1 } }
}
