// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// Why the store could not do what was asked; the description is for the operator.
package enum StoreError: Error, Hashable, Sendable {
  /// Another process holds the file.
  case inUse(path: String)
  /// The file was written by a later version of Tendon.
  case newerSchema(path: String, found: Int, known: Int)
  /// The file is a database, but not one of ours.
  case notAStore(path: String)
  /// The file cannot be read as what it should be.
  case corrupt(path: String, reason: String)
  case diskFull(path: String)
  case readOnly(path: String)
  /// The file could not be made or opened.
  case cannotOpen(path: String, reason: String)
  /// The commit was not made on top of what is stored.
  case staleRevision(stored: Revision, offered: Revision)
  /// The commit's next epoch is below the stored one.
  case epochWentBack(stored: Epoch, offered: Epoch)
  /// The store was closed before.
  case closed
  /// Anything else that the database reports.
  case failed(path: String, reason: String)
}

extension StoreError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .inUse(let path): "another coordinator uses this store: \(path)"
    case .newerSchema(let path, let found, let known):
      "\(path) has schema \(found), this version of Tendon knows up to \(known): use a newer Tendon"
    case .notAStore(let path): "\(path) is a database, but not a Tendon store"
    case .corrupt(let path, let reason):
      "\(path) is damaged (\(reason)): restore it from a backup"
    case .diskFull(let path): "the disk that holds \(path) is full"
    case .readOnly(let path): "\(path) cannot be written: it or its disk is read-only"
    case .cannotOpen(let path, let reason): "cannot open \(path): \(reason)"
    case .staleRevision(let stored, let offered):
      "the commit has revision \(offered), but \(stored) is stored: is another coordinator running?"
    case .epochWentBack(let stored, let offered):
      "the commit's next epoch is \(offered), but \(stored) is stored"
    case .closed: "the store is closed"
    case .failed(let path, let reason): "\(path): \(reason)"
    }
  }
}
