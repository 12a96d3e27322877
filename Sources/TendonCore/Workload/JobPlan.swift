// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Decides what one slot of a job needs next: copies until one of them has ended with status 0.
///
/// The rules, in this order:
/// 1. once the slot is done, whatever still runs of it is stopped; what ended is left to be looked at;
/// 2. with no copy on a living host, one is placed;
/// 3. once a copy runs, every other copy is stopped, which leaves the highest epoch. Of failed tries before it runs, only
///    the newest is kept.
package enum JobPlan {
  package enum State: Hashable, Sendable {
    /// Not heard of since the coordinator started.
    case unknown
    case starting, running
    case succeeded, failed
  }

  package struct Copy: Hashable, Sendable {
    package var epoch: Epoch
    package var isLost: Bool
    package var state: State

    package init(epoch: Epoch, isLost: Bool, state: State) {
      self.epoch = epoch
      self.isLost = isLost
      self.state = state
    }

    /// Whether work may be going on in it.
    package var isOpen: Bool { state != .succeeded && state != .failed }
  }

  package enum Action: Hashable, Sendable {
    /// `by`: the copy that makes this one needless; nil when the slot is done.
    case stop(Epoch, by: Epoch?)
    case place(because: SlotPlan.PlaceCause)
  }

  /// - Parameter copies: the placements of the slot, in this run, that are not stopping.
  package static func actions(copies: [Copy], isDone: Bool) -> [Action] {
    let sorted = copies.sorted { $0.epoch < $1.epoch }
    if isDone {
      // One that was not heard of may be the one that succeeded.
      return sorted.filter { $0.isOpen && $0.state != .unknown }.map { .stop($0.epoch, by: nil) }
    }
    if let keeper = sorted.last(where: { $0.isOpen && !$0.isLost }) {
      guard keeper.state == .running else { return [] }
      return sorted.filter { $0.epoch != keeper.epoch }.map { .stop($0.epoch, by: keeper.epoch) }
    }
    let failed = sorted.filter { $0.state == .failed }
    let isLost = sorted.contains { $0.isOpen && $0.isLost }
    let cause: SlotPlan.PlaceCause = isLost ? .hostDown : failed.isEmpty ? .new : .failed
    return failed.dropLast().map { .stop($0.epoch, by: failed.last?.epoch) } + [
      .place(because: cause)
    ]
  }
}

extension JobPlan.State {
  /// What an agent's report means for a job. One that ended with another status than 0, or could not be started, has
  /// failed.
  package init(_ status: PlacementStatus?) {
    self =
      switch status?.phase {
      case nil: .unknown
      case .running: .running
      case .ended: status?.lastExit?.status.isSuccess == true ? .succeeded : .failed
      case .failed: .failed
      default: .starting
      }
  }
}
