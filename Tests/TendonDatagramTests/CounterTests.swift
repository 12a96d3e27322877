// SPDX-License-Identifier: Apache-2.0
import TendonDatagram
import Testing

@Suite("Counters of datagrams")
struct CounterTests {
  @Test("Every reason has a counter of its own, and they add up.")
  func reasons() {
    var counters = DatagramCounters()
    for (index, error) in DatagramError.allCases.enumerated() {
      for _ in 0...index { counters.count(error) }
    }
    #expect(
      [
        counters.tooShort, counters.tooLong, counters.unknownVersion, counters.unknownKind,
        counters.unknownSession, counters.replayed, counters.forged, counters.malformed,
      ] == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(counters.dropped == 36)
    #expect(counters.accepted == 0)
    var sum = counters
    sum.accepted = 5
    sum.add(sum)
    #expect(sum.dropped == 72)
    #expect(sum.accepted == 10)
  }
}
