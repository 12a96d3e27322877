// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TendonCoordinator

@Suite("The data directory")
struct DataDirectoryTests {
  private func withFolder(_ body: (String) async throws -> Void) async throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "tendon-data-\(UUID().uuidString)")
    // It may not have been made; one that stays behind in the temporary directory harms nobody.
    defer { try? FileManager.default.removeItem(at: url) }
    try await body(url.path)
  }

  @Test("Tokens are made once, for the owner only, and read again.")
  func tokens() async throws {
    try await withFolder { path in
      try await DataDirectory.create(path)
      let first = try await DataDirectory.tokens(in: path)
      try await DataDirectory.create(path)
      let second = try await DataDirectory.tokens(in: path)
      #expect(first.api == second.api && first.join == second.join && first.api != first.join)
      #expect(first.api.count == 64)
      for name in ["api-token", "join-token"] {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
      }
      let folder = try FileManager.default.attributesOfItem(atPath: path)
      #expect(folder[.posixPermissions] as? Int == 0o700)
    }
  }

  @Test("An empty token file is an error, never an open door.")
  func empty() async throws {
    try await withFolder { path in
      try await DataDirectory.create(path)
      try Data("\n".utf8).write(to: URL(fileURLWithPath: path + "/api-token"))
      await #expect(throws: ProgramError.self) { try await DataDirectory.tokens(in: path) }
    }
  }
}
