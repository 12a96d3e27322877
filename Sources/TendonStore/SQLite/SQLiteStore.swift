// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import GRDB
import Synchronization
package import TendonModel

/// The store of a single coordinator: one SQLite file in WAL mode, every commit synced to the disk.
///
/// The connection holds the file's lock as long as it is open, so a second coordinator cannot use it.
package final class SQLiteStore: Store {
  /// The file, as it was given.
  package let path: String
  private let database: DatabaseQueue
  private let specs = Mutex(SpecRows())
  private let isClosed = Mutex(false)

  /// Opens the file, or makes it (readable by its owner only), and brings its schema up to date.
  /// - Parameter pageLimit: the most pages of 4,096 bytes the file may have; a commit that needs more
  ///   fails as on a full disk. nil is SQLite's own limit.
  package static func open(
    path: String, pageLimit: Int? = nil
  ) async throws(StoreError) -> SQLiteStore {
    let result = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          returning: Result { () throws(StoreError) in
            try SQLiteStore(path: path, pageLimit: pageLimit)
          })
      }
    }
    return try result.get()
  }

  private init(path: String, pageLimit: Int?) throws(StoreError) {
    self.path = path
    try SQLiteFile.create(path)
    do {
      database = try DatabaseQueue(path: path, configuration: SQLiteFile.configuration)
      try database.writeWithoutTransaction { db in
        try SQLiteFile.prepareDurability(db, path: path)
        if let pageLimit { try db.execute(sql: "PRAGMA max_page_count = \(pageLimit)") }
        try SQLiteSchema.migrate(db, path: path)
        try specs.withLock { try $0.removeUnused(db) }
      }
    } catch {
      throw StoreError(error, path: path)
    }
  }

  package func load() async throws(StoreError) -> StoredState {
    try await access { [path] db in try SQLiteRows(db: db, path: path).load() }
  }

  package func commit(_ commit: StoreCommit) async throws(StoreError) {
    try await access { [self] db in
      var rows = SQLiteRows(db: db, path: path)
      try rows.check(commit)
      let texts = try RecordTexts.make(of: commit.changes)
      let ids = try specs.withLock { try $0.ids(of: commit.changes, db) }
      for (index, change) in commit.changes.enumerated() {
        try rows.make(change, texts[index], spec: ids[index])
      }
      try specs.withLock { try $0.trim(db) }
      if commit.changes.contains(where: { if case .appendEvent = $0 { true } else { false } }) {
        try rows.trimEvents()
      }
      try rows.setMeta(.revision, commit.revision.rawValue)
      try rows.setMeta(.nextEpoch, commit.nextEpoch.rawValue)
    }
  }

  package func beginEpoch() async throws(StoreError) -> UInt64 {
    try await access { [path] db in
      let rows = SQLiteRows(db: db, path: path)
      let epoch = try rows.meta(.coordinatorEpoch) + 1
      try rows.setMeta(.coordinatorEpoch, epoch)
      return epoch
    }
  }

  package func close() async throws(StoreError) {
    let wasClosed = isClosed.withLock { closed in
      defer { closed = true }
      return closed
    }
    guard !wasClosed else { return }
    let result = await withCheckedContinuation { continuation in
      DispatchQueue.global().async { [database] in
        continuation.resume(returning: Result { try database.close() })
      }
    }
    do { try result.get() } catch { throw StoreError(error, path: path) }
  }

  /// Runs `body` in one transaction on the database's own queue. GRDB's async methods are not used:
  /// they give up when the calling task is cancelled, and a commit must be whole.
  private func access<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(StoreError) -> Value {
    if isClosed.withLock({ $0 }) { throw .closed }
    let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
      database.asyncWriteWithoutTransaction { [self] db in
        continuation.resume(
          returning: Result {
            var value: Value?
            do {
              try db.inTransaction(.immediate) {
                value = try body(db)
                return .commit
              }
            } catch {
              specs.withLock { $0.forget() }
              throw error
            }
            guard let value else { preconditionFailure("a committed transaction has a value") }
            return value
          })
      }
    }
    do { return try result.get() } catch { throw StoreError(error, path: path) }
  }
}
