// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The numbers of a host that each decision looks at, close together in memory.
struct HostVector {
  var cpuCapacity: Int64 = 0
  var memoryCapacity: Int64 = 0
  var cpuUsed: Int64 = 0
  var memoryUsed: Int64 = 0
  /// One part of the capacity; 0 where there is none.
  var cpuUnit = 0.0
  var memoryUnit = 0.0
  /// -1 where the kernel has no cpuset.
  var cores: Int32 = -1
  var coresUsed: Int32 = 0
  var instances: Int32 = 0
  /// What state and cordon say against it.
  var closed: Misses = .state
  /// Whether it has a bound on anything countable.
  var isCounted = false
  var hasHolds = false
  var isDown = false
  /// Whether its numbers do not say everything that may speak against it.
  var isSpecial: Bool { isCounted || hasHolds }

  mutating func take(_ facts: PlacementHost) {
    cpuCapacity = facts.capacity.cpu.rawValue
    memoryCapacity = facts.capacity.memory.rawValue
    cpuUnit = cpuCapacity > 0 ? 1 / Double(cpuCapacity) : 0
    memoryUnit = memoryCapacity > 0 ? 1 / Double(memoryCapacity) : 0
    cores = facts.exclusiveCores.map { Int32(clamping: $0) } ?? -1
    closed = facts.state == .ready ? [] : .state
    if facts.closedBecause != nil { closed.insert(.closed) }
    isCounted = !facts.countables.isEmpty
    hasHolds = !facts.holds.isEmpty
    isDown = facts.state == .down
  }
}

/// A number of something by its index.
struct IndexedCount: Hashable {
  var index: Int32
  var count: Int32
}

/// Counts of a few things out of many, in the order of their indices; what is 0 is not there.
struct SparseCounts: Hashable {
  private(set) var entries: [IndexedCount] = []

  subscript(index: Int) -> Int {
    let place = self.place(of: Int32(truncatingIfNeeded: index))
    return place < entries.count && entries[place].index == index ? Int(entries[place].count) : 0
  }

  mutating func add(_ more: Int, at index: Int) {
    let key = Int32(truncatingIfNeeded: index)
    let place = self.place(of: key)
    if place < entries.count, entries[place].index == key {
      entries[place].count += Int32(truncatingIfNeeded: more)
      if entries[place].count == 0 { entries.remove(at: place) }
    } else if more != 0 {
      entries.insert(IndexedCount(index: key, count: Int32(truncatingIfNeeded: more)), at: place)
    }
  }

  @inline(__always)
  private func place(of key: Int32) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) >> 1
      if entries[middle].index < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Everything else of a host.
struct HostSlot {
  /// Without loads.
  var facts: PlacementHost
  /// What is given of countables, by their indices.
  var amounts: [Int64] = []
  var ports: [UInt16: Int] = [:]
  /// How many instances here want no instance of a service on this host.
  var repelled = SparseCounts()
  /// How many instances here want none of a service in this host's domain, by the indices of the tallies.
  var repelling = SparseCounts()

  init(_ facts: PlacementHost) { self.facts = facts }
}
