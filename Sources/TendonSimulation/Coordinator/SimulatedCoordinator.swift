// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// The coordinator and its store: what was committed outlives it (the store syncs each commit), nothing else does.
struct SimulatedCoordinator {
  var core: CoordinatorCore?
  var life: UInt64 = 0
  var stored = StoredTables()
  var frozenUntil: MonotonicTime?
  var lastSession: UInt32 = 0
  /// Where it dies when it commits next.
  var diesAt: Fault.CrashPoint?
  /// What its wall clock was set by.
  var wallOffset = Duration.zero
  /// Whom the newest tries to reach a host were about.
  var triedHosts: [UInt64: Int] = [:]
  /// The sessions whose datagrams it takes.
  var peers: [UInt32: SealedPeer] = [:]
  /// Since when it runs without a stop.
  private(set) var awakeSince = MonotonicTime(nanoseconds: 0)

  func isRunning(at time: MonotonicTime) -> Bool {
    core != nil && (frozenUntil.map { $0 <= time } ?? true)
  }

  mutating func wakesAt(_ time: MonotonicTime) {
    frozenUntil = nil
    awakeSince = time
  }

  /// The session in use of a host.
  func peer(of host: Int) -> SealedPeer? { peers.values.first { $0.host == host } }
}

extension StoredTables {
  /// Commits by the real store's rules.
  /// - Returns: what is wrong with the commit; nil when nothing is.
  mutating func commit(_ commit: StoreCommit) -> String? {
    guard commit.revision > revision else {
      return "revision \(commit.revision) is committed after \(revision)"
    }
    guard commit.nextEpoch >= nextEpoch else {
      return "the next epoch goes from \(nextEpoch) back to \(commit.nextEpoch)"
    }
    make(commit)
    // Nobody reads them again.
    events = []
    return nil
  }
}
