// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Decides what a slot needs next, from the placements it has: at least one copy at all times, exactly one in the end.
///
/// The rules, in this order:
/// 1. a placement that failed for good is stopped and counts no more;
/// 2. with no current copy on a living host, one is placed; a copy of an old version keeps running meanwhile, and only where
///    no host has room for both is it stopped first;
/// 2b. a copy whose host is being drained counts as one of an old version, and is never stopped to make room;
/// 2c. a copy that its host keeps failing counts as one of an old version too, as long as it is to be tried elsewhere;
/// 3. once a current copy runs and is ready, every other copy is stopped, which leaves the highest epoch;
/// 4. until then it has at most two copies on living hosts: when hosts come back with more, the newest current one stays and
///    the one that serves, or the newest of the others where none does.
package enum SlotPlan {
  /// One placement of the slot that is not stopping.
  package struct Copy: Hashable, Sendable {
    package var epoch: Epoch
    /// Whether its host is given up, or has had to end it.
    package var isLost: Bool
    /// Whether it runs what the spec now asks for.
    package var isCurrent: Bool
    /// What its agent reported; nil before the first report.
    package var phase: PlacementPhase?
    /// Whether it can serve, where it runs.
    package var isReady: Bool
    /// Whether it has to leave its host, which is being drained.
    package var isLeaving: Bool
    /// Whether its host keeps failing it. One that is to be tried elsewhere is not current either.
    package var isFailing: Bool
    /// Whether it was there before this coordinator started, which has not heard of it yet.
    package var isUnheard: Bool

    package init(
      epoch: Epoch, isLost: Bool, isCurrent: Bool, phase: PlacementPhase?,
      isReady: Bool = true, isLeaving: Bool = false, isFailing: Bool = false,
      isUnheard: Bool = false
    ) {
      self.epoch = epoch
      self.isLost = isLost
      self.isCurrent = isCurrent
      self.phase = phase
      self.isReady = isReady
      self.isLeaving = isLeaving
      self.isFailing = isFailing
      self.isUnheard = isUnheard
    }

    fileprivate var serves: Bool { phase == .running && isReady }
    /// Of several copies the one that serves is kept, and of those that do the newest.
    fileprivate var rank: (Int, Epoch) { (serves ? 1 : 0, epoch) }
  }

  package enum Action: Hashable, Sendable {
    /// Stop the copy.
    case stop(Epoch, StopCause)
    /// Place a new copy. Where it fits nowhere, `replacing` may be stopped to make room.
    case place(replacing: Epoch?, because: PlaceCause)
  }

  package enum StopCause: Hashable, Sendable {
    case failed
    case superseded(by: Epoch)
    /// Another old copy serves meanwhile, and a new one is placed: a third would be one too many.
    case outdated
    /// Its host keeps failing it, and another copy stays or is placed elsewhere.
    case failing
    /// Two other copies are enough. It is there because a host came back while they were placed.
    case surplus
  }

  package enum PlaceCause: Hashable, Sendable {
    case new
    /// Its copies are on hosts that are down.
    case hostDown
    case failed
    case newVersion
    /// Its host is being drained.
    case drained
    /// Its host keeps failing it.
    case failing
  }

  /// What to do now. `mayRoll` says whether this slot may replace a running copy of an old version.
  package static func actions(copies: [Copy], mayRoll: Bool) -> [Action] {
    var actions: [Action] = []
    let failed = copies.filter { $0.phase == .failed && !$0.isLost }
    for copy in failed { actions.append(.stop(copy.epoch, .failed)) }
    let alive = copies.filter { $0.phase != .failed && !$0.isLost }
    let lost = copies.filter(\.isLost)
    guard let keeper = alive.filter(\.isCurrent).max(by: { $0.epoch < $1.epoch }) else {
      if let old = alive.max(by: { $0.rank < $1.rank }) {
        // Stopping what leaves makes no room: its host takes nothing.
        // A slot that fails was let go before, or has nothing to wait for.
        if mayRoll || alive.contains(where: \.isFailing) {
          for copy in alive where copy.epoch != old.epoch {
            actions.append(.stop(copy.epoch, copy.isFailing ? .failing : .outdated))
          }
          actions.append(
            old.isLeaving
              ? .place(replacing: nil, because: .drained)
              : old.isFailing
                ? .place(replacing: nil, because: .failing)
                : .place(replacing: old.epoch, because: .newVersion))
        } else {
          actions += surplus(alive, room: 2)
        }
      } else {
        let cause: PlaceCause = !failed.isEmpty ? .failed : lost.isEmpty ? .new : .hostDown
        actions.append(.place(replacing: nil, because: cause))
      }
      return actions
    }
    // A finished one-shot is as good as a running copy: nothing more is wanted of the slot.
    guard keeper.serves || keeper.phase == .ended else {
      return actions + surplusWhileStarting(alive: alive, keeper: keeper)
    }
    for copy in alive + lost where copy.epoch != keeper.epoch {
      actions.append(.stop(copy.epoch, .superseded(by: keeper.epoch)))
    }
    return actions
  }

  /// The newest current copy does not run yet, or is not ready. Of the others one goes on meanwhile (an old version, or a
  /// current one whose host came back); the newest takes over when it runs.
  private static func surplusWhileStarting(alive: [Copy], keeper: Copy) -> [Action] {
    // What has ended, or fails as the keeper does, can only get in the way.
    func isInTheWay(_ copy: Copy) -> Bool {
      copy.phase == .ended || copy.isFailing && keeper.isFailing
    }
    let others = alive.filter { $0.epoch != keeper.epoch }
    return others.filter(isInTheWay).map { copy in
      .stop(copy.epoch, copy.phase == .ended ? .superseded(by: keeper.epoch) : .failing)
    } + surplus(others.filter { !isInTheWay($0) }, room: 1)
  }

  /// Stops all but so many of `copies`. Where none is known to serve it waits until something was heard of each: the one
  /// that does may be among those that were not heard of.
  private static func surplus(_ copies: [Copy], room: Int) -> [Action] {
    let ranked = copies.sorted { $0.rank > $1.rank }
    guard ranked.count > room, ranked[0].serves || !ranked.contains(where: \.isUnheard) else {
      return []
    }
    return ranked.dropFirst(room).map { .stop($0.epoch, .surplus) }
  }
}
