// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonAgent
@testable import TendonModel

@Suite struct ExecLimitTests {
  @Test("No more than the limit go on at once; the one too many is told why, and room comes back.")
  func bound() async throws {
    let limit = ExecLimit(most: 2, "commands run in instances")
    try await limit.run {
      try await limit.run {
        do {
          try await limit.run { _ = Issue.record("a third one ran") }
        } catch let error as APIError {
          #expect(error.code == .conflict)
          #expect(error.message == "2 commands run in instances on this host already")
        }
      }
      try await limit.run {}
    }
    await #expect(throws: ExecFrameFault()) {
      try await limit.run { throw ExecFrameFault() }
    }
    try await limit.run { try await limit.run {} }
  }
}
