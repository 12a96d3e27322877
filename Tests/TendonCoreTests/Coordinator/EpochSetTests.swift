// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonCore

@Suite("The placements of a slot")
struct EpochSetTests {
  @Test("Are each there once, in the order of their epochs, whatever comes and goes.")
  func likeASet() {
    var generator = SeededGenerator(seed: 11)
    var epochs: EpochSet = []
    var model: Set<Epoch> = []
    for _ in 0..<500 {
      let epoch = Epoch(UInt64.random(in: 1...6, using: &generator))
      if Bool.random(using: &generator) {
        epochs.insert(epoch)
        model.insert(epoch)
      } else {
        epochs.remove(epoch)
        model.remove(epoch)
      }
      #expect(Array(epochs) == model.sorted())
      #expect(epochs.isEmpty == model.isEmpty && epochs.contains(epoch) == model.contains(epoch))
    }
    #expect(([3, 1, 3] as [UInt64]).reduce(into: EpochSet()) { $0.insert(Epoch($1)) }.count == 2)
  }
}
