// SPDX-License-Identifier: Apache-2.0
import TendonDatagram
import Testing

@Suite("The replay window")
struct ReplayWindowTests {
  @Test("Zero is never a counter.")
  func zero() {
    #expect(!ReplayWindow().admits(0))
  }

  @Test(
    "It admits exactly what a set of all counters seen would, less what lies too far behind.",
    arguments: [21, 22, 23, 24] as [UInt64])
  func againstASet(seed: UInt64) {
    var random = Seeded(seed: seed)
    var window = ReplayWindow()
    var seen: Set<UInt64> = []
    var newest: UInt64 = 0
    for _ in 0..<20_000 {
      let counter = nextCounter(near: newest, using: &random)
      let expected =
        counter > 0 && !seen.contains(counter)
        && (counter > newest || newest - counter < ReplayWindow.length)
      #expect(window.admits(counter) == expected, "counter \(counter), newest \(newest)")
      guard expected else { continue }
      window.record(counter)
      seen.insert(counter)
      newest = max(newest, counter)
      #expect(window.newest == newest)
    }
  }

  /// Mostly just around the newest, sometimes a leap over the whole window.
  private func nextCounter(near newest: UInt64, using random: inout Seeded) -> UInt64 {
    switch Int.random(in: 0..<50, using: &random) {
    case 0: newest + UInt64.random(in: 1000...3000, using: &random)
    case 1...20: newest - min(newest, UInt64.random(in: 0...1100, using: &random))
    default: newest + UInt64.random(in: 0...3, using: &random)
    }
  }
}
