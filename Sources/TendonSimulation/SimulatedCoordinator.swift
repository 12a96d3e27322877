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

/// What a store holds, with the real one's rules.
struct StoredTables {
  private(set) var revision = Revision(0)
  private(set) var nextEpoch = Epoch(1)
  private var services: [ServiceName: ServiceRecord] = [:]
  private var placements: [Epoch: PlacementRecord] = [:]
  private var hosts: [HostID: HostRecord] = [:]

  /// - Returns: what is wrong with the commit; nil when nothing is.
  mutating func commit(_ commit: StoreCommit) -> String? {
    guard commit.revision > revision else {
      return "revision \(commit.revision) is committed after \(revision)"
    }
    guard commit.nextEpoch >= nextEpoch else {
      return "the next epoch goes from \(nextEpoch) back to \(commit.nextEpoch)"
    }
    revision = commit.revision
    nextEpoch = commit.nextEpoch
    for change in commit.changes {
      switch change {
      case .putService(let record): services[record.spec.name] = record
      case .removeService(let name): services[name] = nil
      case .putPlacement(let record): placements[record.placement.epoch] = record
      case .removePlacement(let epoch): placements[epoch] = nil
      case .putHost(let record): hosts[record.id] = record
      case .removeHost(let id): hosts[id] = nil
      case .appendEvent: break
      }
    }
    return nil
  }

  var state: StoredState {
    StoredState(
      revision: revision, nextEpoch: nextEpoch,
      services: services.values.sorted { $0.spec.name < $1.spec.name },
      placements: placements.values.sorted { $0.placement.epoch < $1.placement.epoch },
      hosts: hosts.values.sorted { $0.id < $1.id })
  }
}
