// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import TendonModel

/// The specs of placements: each text once, however many placements have it. Used within transactions only; what it
/// remembers of one that fails has to be forgotten.
struct SpecRows {
  /// By text; nil: not read yet.
  private var ids: [String: Int64]?
  /// How many were left when those without placements were removed last.
  private var keptCount = 0
  /// So many new ones are kept before it is looked again which of them have placements: each run of a job has its own.
  private static let slack = 1000

  mutating func forget() { ids = nil }

  /// The row of each placement's spec, made where there is none; nil for the other changes.
  mutating func ids(of changes: [StoreChange], _ db: Database) throws -> [Int64?] {
    var known: [ObjectIdentifier: Int64] = [:]
    let encoder = RecordTexts.encoder()
    return try changes.map { change in
      guard case .putPlacement(let record) = change else { return nil }
      let spec = record.placement.$spec
      if let id = known[spec.identity] { return id }
      let text = try RecordTexts.text(of: spec.wrappedValue, encoder)
      let id = try id(of: text, db)
      known[spec.identity] = id
      return id
    }
  }

  /// Removes those that no placement has any more, where many have come since that was done.
  mutating func trim(_ db: Database) throws {
    guard let ids, ids.count > 2 * keptCount + Self.slack else { return }
    try removeUnused(db)
  }

  mutating func removeUnused(_ db: Database) throws {
    try db.execute(sql: "DELETE FROM specs WHERE id NOT IN (SELECT spec FROM placements)")
    keptCount = try read(db).count
  }

  private mutating func id(of text: String, _ db: Database) throws -> Int64 {
    if ids == nil { _ = try read(db) }
    if let id = ids?[text] { return id }
    try db.cachedStatement(sql: "INSERT INTO specs (record) VALUES (?)").execute(arguments: [text])
    let id = db.lastInsertedRowID
    ids?[text] = id
    return id
  }

  private mutating func read(_ db: Database) throws -> [String: Int64] {
    var found: [String: Int64] = [:]
    let rows = try Row.fetchCursor(db, sql: "SELECT id, record FROM specs")
    while let row = try rows.next() { found[row["record"]] = row["id"] }
    ids = found
    return found
  }
}
