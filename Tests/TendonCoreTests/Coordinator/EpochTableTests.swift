// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonCore

@Suite("The table of placements")
struct EpochTableTests {
  @Test("Holds what a dictionary does, whatever comes and goes; a copy keeps what it had.")
  func likeADictionary() {
    for seed in 1...5 as ClosedRange<UInt64> {
      var generator = SeededGenerator(seed: seed)
      var table = EpochTable<Int>()
      var model: [Epoch: Int] = [:]
      var copies: [(EpochTable<Int>, [Epoch: Int])] = []
      for round in 0..<2000 {
        let epoch = Epoch(UInt64.random(in: 1...400, using: &generator))
        switch Int.random(in: 0..<4, using: &generator) {
        case 0:
          table[epoch] = nil
          model[epoch] = nil
        case 1 where model[epoch] != nil:
          table[epoch]! += 1
          model[epoch]! += 1
        default:
          table[epoch] = round
          model[epoch] = round
        }
        if round.isMultiple(of: 400) { copies.append((table, model)) }
      }
      copies.append((table, model))
      for (table, model) in copies {
        #expect(table.count == model.count, "seed \(seed)")
        #expect(table.values.sorted() == model.values.sorted(), "seed \(seed)")
        #expect((0...401).allSatisfy { table[Epoch($0)] == model[Epoch($0)] }, "seed \(seed)")
      }
      for epoch in model.keys { table[epoch] = nil }
      #expect(table.count == 0 && table.values.isEmpty, "seed \(seed)")
    }
  }
}
