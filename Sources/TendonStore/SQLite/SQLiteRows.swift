// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import TendonModel

/// Records to rows and back, within one transaction.
struct SQLiteRows {
  enum MetaKey: String {
    case revision
    case nextEpoch = "next_epoch"
    case coordinatorEpoch = "coordinator_epoch"
  }

  let db: Database
  let path: String
  private let decoder = JSONDecoder()
  /// Looked up once: a commit may have thousands.
  var putPlacement: Statement?

  init(db: Database, path: String) {
    self.db = db
    self.path = path
  }

  func load() throws -> StoredState {
    StoredState(
      revision: Revision(try meta(.revision)), nextEpoch: Epoch(try meta(.nextEpoch)),
      services: try records("services", orderedBy: "name"),
      placements: try placements(),
      hosts: try records("hosts", orderedBy: "id"),
      reservations: try records("reservations", orderedBy: "name"),
      events: try records("events", orderedBy: "sequence"))
  }

  func check(_ commit: StoreCommit) throws {
    let revision = Revision(try meta(.revision))
    guard commit.revision > revision else {
      throw StoreError.staleRevision(stored: revision, offered: commit.revision)
    }
    let epoch = Epoch(try meta(.nextEpoch))
    guard commit.nextEpoch >= epoch else {
      throw StoreError.epochWentBack(stored: epoch, offered: commit.nextEpoch)
    }
  }

  /// - Parameter text: of its record, by `RecordTexts`.
  /// - Parameter spec: the row of a placement's spec, by `SpecRows`.
  mutating func make(_ change: StoreChange, _ text: String, spec: Int64?) throws {
    switch change {
    case .putService(let record):
      try put("services", key: "name", record.spec.name.rawValue, text)
    case .removeService(let name): try remove("services", key: "name", name.rawValue)
    case .putPlacement(let record):
      guard let spec else { preconditionFailure("a placement has a spec") }
      try put(record, spec: spec, rest: text)
    case .removePlacement(let epoch):
      try remove("placements", key: "epoch", try integer(epoch.rawValue))
    case .putHost(let record): try put("hosts", key: "id", record.id.rawValue, text)
    case .removeHost(let id): try remove("hosts", key: "id", id.rawValue)
    case .putReservation(let record):
      try put("reservations", key: "name", record.reservation.name.rawValue, text)
    case .removeReservation(let name): try remove("reservations", key: "name", name.rawValue)
    case .appendEvent:
      try db.cachedStatement(sql: "INSERT INTO events (record) VALUES (?)")
        .execute(arguments: [text])
    }
  }

  /// Sequence numbers have no gaps, so the oldest to keep is found without counting.
  func trimEvents() throws {
    try db.cachedStatement(
      sql: "DELETE FROM events WHERE sequence <= (SELECT max(sequence) FROM events) - ?"
    ).execute(arguments: [StoreBounds.events])
  }

  func meta(_ key: MetaKey) throws -> UInt64 {
    let value = try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT value FROM meta WHERE key = ?"), arguments: [key.rawValue])
    guard let value, let number = UInt64(exactly: value) else {
      throw StoreError.corrupt(path: path, reason: "meta has no valid \(key.rawValue)")
    }
    return number
  }

  func setMeta(_ key: MetaKey, _ value: UInt64) throws {
    try db.cachedStatement(sql: "UPDATE meta SET value = ? WHERE key = ?")
      .execute(arguments: [try integer(value), key.rawValue])
  }

  private func put(
    _ table: String, key: String, _ keyValue: any DatabaseValueConvertible, _ text: String
  ) throws {
    try db.cachedStatement(
      sql: "INSERT INTO \(table) (\(key), record) VALUES (?, ?) "
        + "ON CONFLICT (\(key)) DO UPDATE SET record = excluded.record"
    ).execute(arguments: [keyValue, text])
  }

  private func remove(
    _ table: String, key: String, _ keyValue: any DatabaseValueConvertible
  ) throws {
    try db.cachedStatement(sql: "DELETE FROM \(table) WHERE \(key) = ?")
      .execute(arguments: [keyValue])
  }

  private func records<Record: Decodable>(
    _ table: String, orderedBy key: String
  ) throws -> [Record] {
    let rows = try Row.fetchCursor(db, sql: "SELECT \(key), record FROM \(table) ORDER BY \(key)")
    var result: [Record] = []
    while let row = try rows.next() {
      let name = row[key] as String
      result.append(try decode(Record.self, row["record"], of: "\(table) \(name)"))
    }
    return result
  }

  func decode<Record: Decodable>(
    _ type: Record.Type, _ text: String, of row: String
  ) throws -> Record {
    do {
      return try decoder.decode(type, from: Data(text.utf8))
    } catch {
      throw StoreError.corrupt(path: path, reason: "\(row) cannot be read: \(error)")
    }
  }

  /// SQLite's integers are signed.
  func integer(_ value: UInt64) throws -> Int64 {
    guard let integer = Int64(exactly: value) else {
      throw StoreError.failed(path: path, reason: "\(value) is beyond SQLite's integers")
    }
    return integer
  }
}
