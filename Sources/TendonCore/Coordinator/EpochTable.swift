// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Values by epoch, in pages of 64 epochs.
///
/// The shell keeps a copy of the core while a commit is under way. A change then copies the list of pages and the one
/// page that it is in, not a million values. A page has only the values that there are, so that a few old ones among
/// many that are gone take little.
struct EpochTable<Value: Sendable>: Sendable {
  private struct Page: Sendable {
    /// Which of the 64 epochs have a value: the lowest bit is that of the lowest.
    var present: UInt64 = 0
    /// The values of those, in the order of their epochs.
    var values: ContiguousArray<Value> = []

    /// Where the value of a bit is, or would be.
    func place(of bit: UInt64) -> Int { (present & (bit &- 1)).nonzeroBitCount }

    subscript(bit: UInt64) -> Value? { present & bit == 0 ? nil : values[place(of: bit)] }

    /// - Returns: by how many values there are more.
    mutating func set(_ value: Value?, _ bit: UInt64) -> Int {
      let place = place(of: bit)
      switch (value, present & bit != 0) {
      case (let value?, true):
        values[place] = value
        return 0
      case (let value?, false):
        values.insert(value, at: place)
        present |= bit
        return 1
      case (nil, true):
        values.remove(at: place)
        present &= ~bit
        return -1
      case (nil, false): return 0
      }
    }
  }

  private var pages: [UInt64: Page] = [:]
  private(set) var count = 0

  subscript(epoch: Epoch) -> Value? {
    get { pages[Self.page(of: epoch)]?[Self.bit(of: epoch)] }
    set {
      let number = Self.page(of: epoch)
      count += pages[number, default: Page()].set(newValue, Self.bit(of: epoch))
      if newValue == nil, pages[number]!.present == 0 { pages[number] = nil }
    }
  }

  private static func page(of epoch: Epoch) -> UInt64 { epoch.rawValue >> 6 }

  private static func bit(of epoch: Epoch) -> UInt64 { 1 << (epoch.rawValue & 63) }

  /// In no particular order.
  var values: some Collection<Value> { pages.values.lazy.flatMap(\.values) }
}
