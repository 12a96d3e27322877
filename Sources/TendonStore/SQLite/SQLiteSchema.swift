// SPDX-License-Identifier: Apache-2.0
import GRDB

/// The tables, and the steps from each version of them to the next.
enum SQLiteSchema {
  /// Marks the file as ours: "tndn" (https://www.sqlite.org/pragma.html#pragma_application_id).
  static let applicationID = 0x746e_646e
  static var currentVersion: Int { steps.count }

  /// The n-th step leads from version n to n + 1.
  static let steps: [@Sendable (Database) throws -> Void] = [
    { db in
      try db.execute(
        sql: """
          CREATE TABLE meta (
            key TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
          CREATE TABLE services (name TEXT NOT NULL PRIMARY KEY, record TEXT NOT NULL);
          CREATE TABLE placements (epoch INTEGER NOT NULL PRIMARY KEY, record TEXT NOT NULL);
          CREATE TABLE hosts (id TEXT NOT NULL PRIMARY KEY, record TEXT NOT NULL);
          CREATE TABLE events (sequence INTEGER NOT NULL PRIMARY KEY, record TEXT NOT NULL);
          INSERT INTO meta VALUES ('revision', 0), ('next_epoch', 1), ('coordinator_epoch', 0);
          """)
    },
    { db in
      try db.execute(
        sql: "CREATE TABLE reservations (name TEXT NOT NULL PRIMARY KEY, record TEXT NOT NULL)")
    },
    // Placements had their specs in their own records, and all of it as JSON, until version 3.
    { db in
      try db.execute(
        sql: """
          CREATE TABLE specs (id INTEGER NOT NULL PRIMARY KEY, record TEXT NOT NULL);
          ALTER TABLE placements ADD COLUMN spec INTEGER NOT NULL DEFAULT 0;
          INSERT INTO specs (record)
            SELECT DISTINCT json_extract(record, '$.placement.spec') FROM placements;
          UPDATE placements SET spec = specs.id FROM specs
            WHERE specs.record = json_extract(placements.record, '$.placement.spec');
          UPDATE placements SET record = json_remove(record, '$.placement.resources')
            WHERE json_extract(record, '$.placement.resources')
              = json_extract(record, '$.placement.spec.resources');
          UPDATE placements SET record = json_patch(
            json_remove(json_extract(record, '$.placement'), '$.epoch', '$.spec'),
            json_object('stop_reason', json_extract(record, '$.stopReason')));
          """)
    },
    { db in
      try db.execute(
        sql: """
          ALTER TABLE placements RENAME TO old_placements;
          CREATE TABLE placements (
            epoch INTEGER NOT NULL PRIMARY KEY, spec INTEGER NOT NULL, instance TEXT NOT NULL,
            host TEXT NOT NULL, resources_revision INTEGER NOT NULL, placed_at INTEGER NOT NULL,
            rest TEXT NOT NULL);
          INSERT INTO placements
            SELECT epoch, spec, json_extract(record, '$.instance'), json_extract(record, '$.host'),
              json_extract(record, '$.resources_revision'), json_extract(record, '$.placed_at'),
              json_remove(record, '$.instance', '$.host', '$.resources_revision', '$.placed_at')
            FROM old_placements;
          UPDATE placements SET rest = '' WHERE rest = '{}';
          DROP TABLE old_placements;
          """)
    },
  ]

  /// Takes the file from whatever version it has to the current one, all steps or none.
  /// - Throws: `StoreError` for files that are not ours or too new.
  static func migrate(_ db: Database, path: String) throws {
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    let owner = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
    guard owner == applicationID || isEmpty else { throw StoreError.notAStore(path: path) }
    guard found <= currentVersion else {
      throw StoreError.newerSchema(path: path, found: found, known: currentVersion)
    }
    // Also when there is no step to take: the first write takes the file's lock.
    try db.inTransaction(.immediate) {
      for step in steps.dropFirst(found) { try step(db) }
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: "PRAGMA user_version = \(currentVersion)")
      return .commit
    }
  }
}
