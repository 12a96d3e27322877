// SPDX-License-Identifier: Apache-2.0
import GRDB
import TendonModel

/// Placements have what all of them have in columns: a commit may make thousands, and JSON of each would take longer
/// than the rest of it.
extension SQLiteRows {
  /// - Parameter rest: `PlacementRest` as JSON; empty where there is none.
  mutating func put(_ record: PlacementRecord, spec: Int64, rest: String) throws {
    let statement =
      try putPlacement
      ?? db.cachedStatement(
        sql: """
          INSERT OR REPLACE INTO placements
            (epoch, spec, instance, host, resources_revision, placed_at, rest)
            VALUES (?, ?, ?, ?, ?, ?, ?)
          """)
    putPlacement = statement
    let placement = record.placement
    try statement.execute(arguments: [
      try integer(placement.epoch.rawValue), spec, placement.instance.description,
      placement.host.rawValue, try integer(placement.resourcesRevision.rawValue),
      placement.placedAt.millisecondsSinceEpoch, rest,
    ])
  }

  /// In the order of their epochs.
  func placements() throws -> [PlacementRecord] {
    var specs: [Int64: Shared<ServiceSpec>] = [:]
    let specRows = try Row.fetchCursor(db, sql: "SELECT id, record FROM specs")
    while let row = try specRows.next() {
      let id = row["id"] as Int64
      specs[id] = Shared(
        wrappedValue: try decode(ServiceSpec.self, row["record"], of: "specs \(id)"))
    }
    let rows = try Row.fetchCursor(db, sql: "SELECT * FROM placements ORDER BY epoch")
    var result: [PlacementRecord] = []
    while let row = try rows.next() {
      result.append(try placement(row, "placements \(row["epoch"] as Int64)", specs))
    }
    return result
  }

  private func placement(
    _ row: Row, _ name: String, _ specs: [Int64: Shared<ServiceSpec>]
  ) throws -> PlacementRecord {
    guard let spec = specs[row["spec"]] else {
      throw StoreError.corrupt(path: path, reason: "\(name) has no spec")
    }
    guard let epoch = UInt64(exactly: row["epoch"] as Int64),
      let revision = UInt64(exactly: row["resources_revision"] as Int64)
    else { throw StoreError.corrupt(path: path, reason: "\(name) has numbers below 0") }
    let text = row["rest"] as String
    let rest = text.isEmpty ? PlacementRest() : try decode(PlacementRest.self, text, of: name)
    do {
      var placement = DesiredPlacement(
        epoch: Epoch(epoch), instance: try InstanceID(row["instance"] as String),
        host: try HostID(row["host"] as String), spec: spec,
        resources: rest.resources ?? spec.wrappedValue.resources,
        resourcesRevision: Revision(revision),
        placedAt: Timestamp(millisecondsSinceEpoch: row["placed_at"]),
        reservation: rest.reservation)
      placement.isForced = rest.isForced
      placement.isLent = rest.isLent
      return PlacementRecord(placement: placement, stopReason: rest.stopReason)
    } catch {
      throw StoreError.corrupt(path: path, reason: "\(name) cannot be read: \(error)")
    }
  }
}
