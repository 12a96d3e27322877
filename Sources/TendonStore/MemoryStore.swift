// SPDX-License-Identifier: Apache-2.0
import Synchronization
package import TendonModel

/// A store that forgets everything with its `Disk`: for tests, with the semantics of the real one.
package final class MemoryStore: Store {
  /// What outlives a `MemoryStore`: give it to the next one to reopen.
  package final class Disk: Sendable {
    struct Content {
      var tables = StoredTables()
      var coordinatorEpoch: UInt64 = 0
    }

    let content = Mutex(Content())

    package init() {}
  }

  private let disk: Disk
  private let isClosed = Mutex(false)

  package init(disk: Disk = Disk()) { self.disk = disk }

  package func load() async throws(StoreError) -> StoredState {
    try checkOpen()
    return disk.content.withLock { $0.tables.state }
  }

  package func commit(_ commit: StoreCommit) async throws(StoreError) {
    try checkOpen()
    try disk.content.withLock { content throws(StoreError) in
      guard commit.revision > content.tables.revision else {
        throw .staleRevision(stored: content.tables.revision, offered: commit.revision)
      }
      guard commit.nextEpoch >= content.tables.nextEpoch else {
        throw .epochWentBack(stored: content.tables.nextEpoch, offered: commit.nextEpoch)
      }
      content.tables.make(commit)
      content.tables.events.removeFirst(
        max(0, content.tables.events.count - StoreBounds.events))
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
