// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import TendonModel
import Testing

@testable import TendonStore

@Suite("The SQLite store")
struct SQLiteStoreTests {
  let folder: TestFolder
  var path: String { folder.path("tendon.sqlite") }

  init() throws { folder = try TestFolder() }

  /// Puts a 32-bit number into the database header (https://www.sqlite.org/fileformat.html).
  private func patch(_ number: UInt32, at offset: UInt64) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: offset)
    try file.write(contentsOf: withUnsafeBytes(of: number.bigEndian) { Data($0) })
    try file.close()
  }

  private func makeStore(commit: StoreCommit? = nil) async throws {
    let store = try await SQLiteStore.open(path: path)
    if let commit { try await store.commit(commit) }
    try await store.close()
  }

  @Test("The file and its log are for the owner only.")
  func modes() async throws {
    let store = try await SQLiteStore.open(path: path)
    try await store.commit(Samples.commit(1, [.putHost(try Samples.host("h1"))]))
    for name in [path, path + "-wal"] {
      let mode = try FileManager.default.attributesOfItem(atPath: name)[.posixPermissions]
      #expect(mode as? Int == 0o600, "\(name)")
    }
    try await store.close()
  }

  @Test("A second coordinator is told that the store is in use, until the first lets go.")
  func inUse() async throws {
    let first = try await SQLiteStore.open(path: path)
    await #expect(throws: StoreError.inUse(path: path)) { try await SQLiteStore.open(path: path) }
    #expect("\(StoreError.inUse(path: path))".contains("another coordinator uses this store"))
    try await first.close()
    let second = try await SQLiteStore.open(path: path)
    try await second.close()
  }

  @Test("A file of a later version is left alone.")
  func newer() async throws {
    try await makeStore()
    try patch(99, at: 60)
    await #expect(
      throws: StoreError.newerSchema(path: path, found: 99, known: SQLiteSchema.currentVersion)
    ) {
      try await SQLiteStore.open(path: path)
    }
  }

  @Test("Somebody else's database is left alone.")
  func foreign() async throws {
    try await makeStore()
    try patch(7, at: 68)
    await #expect(throws: StoreError.notAStore(path: path)) {
      try await SQLiteStore.open(path: path)
    }
  }

  @Test("A file that is no database is called damaged.")
  func garbage() async throws {
    try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: path))
    await #expect { try await SQLiteStore.open(path: path) } throws: { error in
      if case .corrupt = error as? StoreError { true } else { false }
    }
  }

  @Test("A damaged page is called damaged.")
  func damaged() async throws {
    let records = try (1...500).map { try Samples.placement(UInt64($0), slot: $0) }
    try await makeStore(
      commit: Samples.commit(1, nextEpoch: 501, records.map { .putPlacement($0) }))
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let size = try file.seekToEnd()
    try file.seek(toOffset: 4096 * 2)
    try file.write(contentsOf: Data(repeating: 0xff, count: Int(size) - 4096 * 2))
    try file.close()
    await #expect {
      _ = try await SQLiteStore.open(path: path).load()
    } throws: { error in
      if case .corrupt = error as? StoreError { true } else { false }
    }
  }

  @Test("A folder that is not there is named.")
  func noFolder() async throws {
    let missing = folder.path("missing/tendon.sqlite")
    await #expect(
      throws: StoreError.cannotOpen(path: missing, reason: "No such file or directory")
    ) { try await SQLiteStore.open(path: missing) }
  }

  @Test("A commit that does not fit on the disk fails, changes nothing, and a smaller one works.")
  func full() async throws {
    let store = try await SQLiteStore.open(path: path, pageLimit: 40)
    try await store.commit(Samples.commit(1, [.putHost(try Samples.host("h1"))]))
    let before = try await store.load()
    let records = try (1...9000).map { try Samples.placement(UInt64($0), slot: $0) }
    await #expect(throws: StoreError.diskFull(path: path)) {
      try await store.commit(
        Samples.commit(2, nextEpoch: 9001, records.map { .putPlacement($0) }))
    }
    #expect(try await store.load() == before)
    try await store.commit(Samples.commit(2, [.putHost(try Samples.host("h2"))]))
    #expect(try await store.load().hosts.count == 2)
    try await store.close()
  }

  @Test("Placements of one version share one spec, which goes when none of them is left.")
  func specs() async throws {
    func count() async throws -> Int? {
      let database = try DatabaseQueue(path: path)
      defer { #expect(throws: Never.self) { try database.close() } }
      return try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM specs") }
    }
    let web = try (1...50).map { try Samples.placement(UInt64($0), slot: $0) }
    let api = try Samples.placement(51, service: "api")
    try await makeStore(
      commit: Samples.commit(1, nextEpoch: 52, (web + [api]).map { .putPlacement($0) }))
    #expect(try await count() == 2)
    let store = try await SQLiteStore.open(path: path)
    let loaded = try await store.load().placements
    #expect(loaded == web + [api])
    #expect(Set(loaded.map(\.placement.$spec.identity)).count == 2)
    try await store.commit(
      Samples.commit(2, nextEpoch: 52, web.map { .removePlacement($0.placement.epoch) }))
    try await store.close()
    try await SQLiteStore.open(path: path).close()
    #expect(try await count() == 1)
  }

  @Test("What a commit that failed had begun to store is not taken for stored.")
  func failedSpec() async throws {
    let store = try await SQLiteStore.open(path: path, pageLimit: 40)
    let many = try (1...8000).map { try Samples.placement(UInt64($0), slot: $0) }
    await #expect(throws: StoreError.diskFull(path: path)) {
      try await store.commit(Samples.commit(1, nextEpoch: 8001, many.map { .putPlacement($0) }))
    }
    try await store.commit(Samples.commit(1, nextEpoch: 8001, [.putPlacement(many[0])]))
    #expect(try await store.load().placements == [many[0]])
    try await store.close()
  }
}
