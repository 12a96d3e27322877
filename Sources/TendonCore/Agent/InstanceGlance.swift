// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What each heartbeat asks of every placement. Small, so that a thousand of them are read in some microseconds: a
/// placement's memory holds dozens of references, which a copy would count up and down.
package struct InstanceGlance: Hashable, Sendable {
  package var epoch: Epoch
  package var phase: PlacementPhase
  package var isReady: Bool
  package var restarts: Int
  /// Whether it has a process.
  package var isRunning: Bool

  package init(_ memory: PlacementMemory) {
    epoch = memory.desired.epoch
    phase = memory.phase
    isReady = memory.isReady
    restarts = memory.restarts
    isRunning = memory.process != nil
  }
}

/// A glance for each placement of the host, in the order of their epochs.
struct GlanceBoard: Sendable {
  private(set) var all: [InstanceGlance] = []

  mutating func set(_ glance: InstanceGlance) {
    let place = place(of: glance.epoch)
    if place < all.count, all[place].epoch == glance.epoch {
      all[place] = glance
    } else {
      all.insert(glance, at: place)
    }
  }

  mutating func remove(_ epoch: Epoch) {
    let place = place(of: epoch)
    if place < all.count, all[place].epoch == epoch { all.remove(at: place) }
  }

  /// Where the epoch is, or belongs. Epochs grow, so a new one's place is the end as a rule.
  private func place(of epoch: Epoch) -> Int {
    guard let last = all.last, last.epoch >= epoch else { return all.count }
    var (low, high) = (0, all.count)
    while low < high {
      let middle = (low + high) / 2
      if all[middle].epoch < epoch { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
