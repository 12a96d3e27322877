// SPDX-License-Identifier: Apache-2.0
import Synchronization
package import TendonModel

/// A store that forgets everything with its `Disk`: for tests, with the semantics of the real one.
package final class MemoryStore: Store {
  /// What outlives a `MemoryStore`: give it to the next one to reopen.
  package final class Disk: Sendable {
    struct Content {
      var revision = Revision(0)
      var nextEpoch = Epoch(1)
      var coordinatorEpoch: UInt64 = 0
      var services: [ServiceName: ServiceRecord] = [:]
      var placements: [Epoch: PlacementRecord] = [:]
      var hosts: [HostID: HostRecord] = [:]
      var events: [ClusterEvent] = []
    }

    let content = Mutex(Content())

    package init() {}
  }

  private let disk: Disk
  private let isClosed = Mutex(false)

  package init(disk: Disk = Disk()) { self.disk = disk }

  package func load() async throws(StoreError) -> StoredState {
    try checkOpen()
    return disk.content.withLock { content in
      StoredState(
        revision: content.revision, nextEpoch: content.nextEpoch,
        services: content.services.values.sorted { $0.spec.name < $1.spec.name },
        placements: content.placements.values.sorted { $0.placement.epoch < $1.placement.epoch },
        hosts: content.hosts.values.sorted { $0.id < $1.id }, events: content.events)
    }
  }

  package func commit(_ commit: StoreCommit) async throws(StoreError) {
    try checkOpen()
    try disk.content.withLock { content throws(StoreError) in
      guard commit.revision > content.revision else {
        throw .staleRevision(stored: content.revision, offered: commit.revision)
      }
      guard commit.nextEpoch >= content.nextEpoch else {
        throw .epochWentBack(stored: content.nextEpoch, offered: commit.nextEpoch)
      }
      content.revision = commit.revision
      content.nextEpoch = commit.nextEpoch
      for change in commit.changes { content.make(change) }
      content.events.removeFirst(max(0, content.events.count - StoreBounds.events))
    }
  }

  package func beginEpoch() async throws(StoreError) -> UInt64 {
    try checkOpen()
    return disk.content.withLock { content in
      content.coordinatorEpoch += 1
      return content.coordinatorEpoch
    }
  }

  package func close() async throws(StoreError) { isClosed.withLock { $0 = true } }

  private func checkOpen() throws(StoreError) {
    if isClosed.withLock({ $0 }) { throw .closed }
  }
}

extension MemoryStore.Disk.Content {
  fileprivate mutating func make(_ change: StoreChange) {
    switch change {
    case .putService(let record): services[record.spec.name] = record
    case .removeService(let name): services[name] = nil
    case .putPlacement(let record): placements[record.placement.epoch] = record
    case .removePlacement(let epoch): placements[epoch] = nil
    case .putHost(let record): hosts[record.id] = record
    case .removeHost(let id): hosts[id] = nil
    case .appendEvent(let event): events.append(event)
    }
  }
}
