// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// The coordinator and its store: what was committed outlives it, nothing else does.
struct SimulatedCoordinator {
  var core: CoordinatorCore?
  var life: UInt64 = 0
  var stored = StoredTables()
  var frozenUntil: MonotonicTime?
  var lastSession: UInt32 = 0
  /// It dies with its next commit, before anyone hears of it.
  var diesAfterCommit = false

  func isRunning(at time: MonotonicTime) -> Bool {
    core != nil && (frozenUntil.map { $0 <= time } ?? true)
  }
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
