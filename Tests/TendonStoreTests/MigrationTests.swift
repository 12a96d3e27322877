// SPDX-License-Identifier: Apache-2.0
import GRDB
import TendonModel
import Testing

@testable import TendonStore

@Suite("Files of versions before")
struct MigrationTests {
  private func placements() throws -> [PlacementRecord] {
    var records = try (1...4).map {
      try Samples.placement(UInt64($0), service: $0 < 3 ? "web" : "api", slot: $0)
    }
    records[1].placement.resources.pids = .value(11)
    records[2].stopReason = "scaled down"
    records[3].placement.isForced = true
    return records
  }

  @Test(
    "Are brought up to date with all that they hold.", arguments: 1..<SQLiteSchema.currentVersion)
  func older(version: Int) async throws {
    let folder = try TestFolder()
    let path = folder.path("tendon.sqlite")
    let host = try Samples.host("h1")
    let placements = try placements()
    let old = try DatabaseQueue(path: path)
    try await old.write { db in
      // Records of placements were whole up to version 2; later versions get them by the steps between.
      for step in SQLiteSchema.steps.prefix(min(version, 2)) { try step(db) }
      try db.execute(sql: "PRAGMA application_id = \(SQLiteSchema.applicationID)")
      try db.execute(sql: "PRAGMA user_version = \(version)")
      var rows = SQLiteRows(db: db, path: path)
      try rows.make(
        .putHost(host), try #require(RecordTexts.make(of: [.putHost(host)]).first), spec: nil)
      for placement in placements {
        let text = try RecordTexts.text(of: placement, RecordTexts.encoder())
        try db.execute(
          sql: "INSERT INTO placements (epoch, record) VALUES (?, ?)",
          arguments: [Int64(placement.placement.epoch.rawValue), text])
      }
      for step in SQLiteSchema.steps.prefix(version).dropFirst(2) { try step(db) }
      try rows.setMeta(.revision, 7)
      try rows.setMeta(.nextEpoch, 20)
    }
    try old.close()
    let store = try await SQLiteStore.open(path: path)
    #expect(
      try await store.load()
        == StoredState(
          revision: Revision(7), nextEpoch: Epoch(20), placements: placements, hosts: [host]))
    let loaded = try await store.load().placements
    #expect(Set(loaded.map(\.placement.$spec.identity)).count == 2, "web and api")
    let record = try Samples.reservation("burst")
    try await store.commit(Samples.commit(8, nextEpoch: 20, [.putReservation(record)]))
    #expect(try await store.load().reservations == [record])
    try await store.close()
  }
}
