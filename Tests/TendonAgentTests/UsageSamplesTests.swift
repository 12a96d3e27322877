// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonLinux
@testable import TendonModel

@Suite struct UsageSamplesTests {
  private func usage(_ microseconds: UInt64) -> CgroupUsage {
    CgroupUsage(
      cpuMicroseconds: microseconds, memoryBytes: 1000, oomKills: 0, isPopulated: true)
  }

  private func time(_ milliseconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: milliseconds * 1_000_000)
  }

  private func reading(_ samples: inout UsageSamples, _ memory: PlacementMemory) -> InstanceReading
  {
    samples.readings(of: [InstanceGlance(memory)])[0]
  }

  @Test("CPU is what was used between two readings, over the time between them.")
  func cpu() throws {
    var samples = UsageSamples()
    let memory = PlacementMemory(desired: try samplePlacement(epoch: 1))
    samples.note(usage(500_000), of: Epoch(1), at: time(1000))
    do {
      let reading = reading(&samples, memory)
      #expect(reading.health.cpuMilli == 0)
    }
    samples.note(usage(750_000), of: Epoch(1), at: time(1500))
    do {
      let reading = reading(&samples, memory)
      #expect(reading.health.cpuMilli == 500)
    }
    do {
      let reading = reading(&samples, memory)
      #expect(reading.health.memoryBytes == 1000)
    }
  }

  @Test("Readings go around, a few at a time.")
  func rotation() {
    var samples = UsageSamples()
    let epochs = (1...5).map { Epoch(UInt64($0)) }
    var seen: [UInt64] = []
    for _ in 0..<5 { seen += samples.nextToRead(of: epochs, limit: 2).map(\.rawValue) }
    #expect(seen == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5])
    let all = samples.nextToRead(of: epochs, limit: 9)
    #expect(all.count == 5)
    let none = samples.nextToRead(of: [], limit: 9)
    #expect(none.isEmpty)
  }

  @Test("A change is news once.")
  func news() throws {
    var samples = UsageSamples()
    let memory = PlacementMemory(desired: try samplePlacement(epoch: 1))
    samples.changed(Epoch(1))
    do {
      let reading = reading(&samples, memory)
      #expect(reading.isChanged)
    }
    do {
      let reading = reading(&samples, memory)
      #expect(!reading.isChanged)
    }
  }

  @Test("Pauses between tries stay within their bounds.")
  func retries() {
    var delay = RetryDelay()
    for step in 0..<10 {
      let base = min(RetryDelay.first * (1 << step), RetryDelay.longest)
      let pause = delay.next()
      #expect(pause >= base * 0.5 && pause <= base)
    }
    delay.reset()
    let first = delay.next()
    #expect(first <= RetryDelay.first)
  }
}
