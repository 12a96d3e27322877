// SPDX-License-Identifier: Apache-2.0
import GRDB
import Glibc

/// How the file is opened.
enum SQLiteFile {
  /// A predecessor that is just ending has this long to let go of the file, in seconds.
  static let busyTimeout = 2.0

  static var configuration: Configuration {
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(busyTimeout)
    configuration.label = "tendon.store"
    configuration.prepareDatabase { db in
      // Before the first access in WAL mode, so that no other process can open the file at all
      // (https://www.sqlite.org/wal.html, "Use of WAL Without Shared-Memory").
      try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
    }
    return configuration
  }

  /// Makes the file with mode 0600 unless it is there; SQLite gives its log the same mode.
  static func create(_ path: String) throws(StoreError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      let code = errno
      switch code {
      case EROFS: throw .readOnly(path: path)
      case ENOSPC, EDQUOT: throw .diskFull(path: path)
      default: throw .cannotOpen(path: path, reason: String(cString: strerror(code)))
      }
    }
    // Nothing was written through it, so its closing cannot fail in a way that matters.
    _ = Glibc.close(descriptor)
  }

  /// Asks for a sync with every commit and makes sure that it is so: GRDB sets NORMAL while it opens.
  static func prepareDurability(_ db: Database, path: String) throws {
    try db.execute(sql: "PRAGMA synchronous = FULL")
    let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
    let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode")
    guard synchronous == 2, journal == "wal" else {
      throw StoreError.failed(
        path: path,
        reason: "SQLite did not accept WAL with synchronous=FULL (it has "
          + "\(journal ?? "nothing") and \(synchronous.map(String.init) ?? "nothing"))")
    }
  }
}
