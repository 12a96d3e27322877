// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The placements of one slot, in the order of their epochs. Nearly always it is one: that takes no memory of its own,
/// where a set has a hundred bytes, and a cluster a million slots.
struct EpochSet: Hashable, Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
  /// The lowest; epochs count from 1, and 0 is none.
  private var first = Epoch(0)
  private var others: [Epoch] = []

  init(arrayLiteral elements: Epoch...) {
    for epoch in elements { insert(epoch) }
  }

  var startIndex: Int { 0 }
  var endIndex: Int { first == Epoch(0) ? 0 : 1 + others.count }
  subscript(index: Int) -> Epoch { index == 0 ? first : others[index - 1] }

  mutating func insert(_ epoch: Epoch) {
    guard !contains(epoch) else { return }
    set((self + [epoch]).sorted())
  }

  mutating func remove(_ epoch: Epoch) {
    guard contains(epoch) else { return }
    set(filter { $0 != epoch })
  }

  private mutating func set(_ epochs: [Epoch]) {
    first = epochs.first ?? Epoch(0)
    others = Array(epochs.dropFirst())
  }
}
