// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonLinux
import TendonModel

/// The last readings of what instances use. Only some are read again for each beat, so that a beat costs the same
/// with many instances as with a few.
struct UsageSamples: Sendable {
  private struct Sample {
    var cpuMicroseconds: UInt64 = 0
    var at: MonotonicTime?
    var cpuMilli: UInt32 = 0
    var memoryBytes: UInt64 = 0
  }

  private var samples: [Epoch: Sample] = [:]
  private var news: Set<Epoch> = []
  /// The last one that was read.
  private var position = Epoch(0)

  /// Its state changed: the next beat should tell.
  mutating func changed(_ epoch: Epoch) { news.insert(epoch) }

  mutating func forget(_ epoch: Epoch) {
    samples[epoch] = nil
    news.remove(epoch)
  }

  /// At most `limit` of `epochs`, which are in order, going on where the last call ended.
  mutating func nextToRead(of epochs: [Epoch], limit: Int) -> [Epoch] {
    let later = epochs.filter { $0 > position }
    let chosen = Array((later + epochs.prefix(epochs.count - later.count)).prefix(limit))
    position = chosen.last ?? position
    return chosen
  }

  mutating func note(_ usage: CgroupUsage, of epoch: Epoch, at now: MonotonicTime) {
    var sample = samples[epoch] ?? Sample()
    if let before = sample.at, now > before, usage.cpuMicroseconds >= sample.cpuMicroseconds {
      let used = Double(usage.cpuMicroseconds - sample.cpuMicroseconds)
      let passed = Double((now - before).wholeNanoseconds) / 1000
      sample.cpuMilli = UInt32(min(1000 * used / passed, Double(UInt32.max)))
    }
    sample.cpuMicroseconds = usage.cpuMicroseconds
    sample.at = now
    sample.memoryBytes = usage.memoryBytes ?? 0
    samples[epoch] = sample
  }

  /// All placements as they are to be told; what is news is news once.
  mutating func readings(of glances: [InstanceGlance]) -> [InstanceReading] {
    let readings = glances.map { glance in
      let sample = samples[glance.epoch]
      return InstanceReading(
        health: InstanceHealth(
          epoch: glance.epoch, phase: glance.phase, isReady: glance.isReady,
          restarts: UInt16(clamping: glance.restarts),
          cpuMilli: sample?.cpuMilli ?? 0, memoryBytes: sample?.memoryBytes ?? 0),
        isChanged: !news.isEmpty && news.contains(glance.epoch))
    }
    news = []
    return readings
  }
}
