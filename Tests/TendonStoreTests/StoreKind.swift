// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonStore

/// The implementations that the contract suite runs on; a new store is one more case.
enum StoreKind: CaseIterable, Sendable {
  case memory, sqlite
}

/// A place for one store, which can be opened again and again.
final class StoreBed: Sendable {
  private let kind: StoreKind
  private let disk = MemoryStore.Disk()
  private let folder: TestFolder

  init(_ kind: StoreKind) throws {
    self.kind = kind
    folder = try TestFolder()
  }

  func open() async throws -> any Store {
    switch kind {
    case .memory: MemoryStore(disk: disk)
    case .sqlite: try await SQLiteStore.open(path: folder.path("tendon.sqlite"))
    }
  }
}

/// A folder that goes with its owner.
final class TestFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("tendon-store-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  // The folder is in the temporary directory: one that stays behind harms nobody.
  deinit { try? FileManager.default.removeItem(at: url) }
}
