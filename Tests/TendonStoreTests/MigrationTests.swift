// SPDX-License-Identifier: Apache-2.0
import GRDB
import TendonModel
import Testing

@testable import TendonStore

@Suite("Files of versions before")
struct MigrationTests {
  @Test(
    "Are brought up to date with all that they hold.", arguments: 1..<SQLiteSchema.currentVersion)
  func older(version: Int) async throws {
    let folder = try TestFolder()
    let path = folder.path("tendon.sqlite")
    let host = try Samples.host("h1")
    let old = try DatabaseQueue(path: path)
    try await old.write { db in
      for step in SQLiteSchema.steps.prefix(version) { try step(db) }
      try db.execute(sql: "PRAGMA application_id = \(SQLiteSchema.applicationID)")
      try db.execute(sql: "PRAGMA user_version = \(version)")
      let rows = SQLiteRows(db: db, path: path)
      try rows.make(.putHost(host), try #require(RecordTexts.make(of: [.putHost(host)]).first))
      try rows.setMeta(.revision, 7)
    }
    try old.close()
    let store = try await SQLiteStore.open(path: path)
    #expect(try await store.load() == StoredState(revision: Revision(7), hosts: [host]))
    let record = try Samples.reservation("burst")
    try await store.commit(Samples.commit(8, [.putReservation(record)]))
    #expect(try await store.load().reservations == [record])
    try await store.close()
  }
}
