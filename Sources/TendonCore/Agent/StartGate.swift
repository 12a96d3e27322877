// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// How many placements are being started at one time. The others wait in the order in which they came: a thousand starts
/// at once are no faster, since disk and kernel do one after the other, and each takes memory while it is under way.
package struct StartGate: Sendable {
  /// Enough that one sync of the disk makes many records durable. Raising it takes some kilobytes of memory for each.
  package static let width = 40

  private var open: Set<Epoch> = []
  private var waiting: [Epoch] = []
  /// The first of `waiting` that still waits.
  private var next = 0

  package init() {}

  /// How many wait.
  package var waitingCount: Int { waiting.count - next }

  /// So many starts are under way that each moment brings news of another.
  package var isCrowded: Bool { open.count > Self.width / 8 }

  /// - Returns: whether the placement may be started now; else `done` names it when it is its turn.
  package mutating func enter(_ epoch: Epoch) -> Bool {
    guard open.count < Self.width else {
      waiting.append(epoch)
      return false
    }
    open.insert(epoch)
    return true
  }

  /// A placement's start is over, or will take long: it makes way. Again is harmless.
  /// - Returns: the placement whose turn it is.
  package mutating func done(_ epoch: Epoch) -> Epoch? {
    guard open.remove(epoch) != nil, next < waiting.count else { return nil }
    let chosen = waiting[next]
    next += 1
    if next == waiting.count {
      waiting = []
      next = 0
    }
    open.insert(chosen)
    return chosen
  }
}
