// SPDX-License-Identifier: Apache-2.0
import TendonLabClient

/// Asks again and again until the answer is yes.
/// - Throws: `LabClusterError` that names the condition, with `details` as it was last, when the time is over.
func eventually(
  _ condition: String, within limit: Duration = .seconds(20),
  showing details: @autoclosure () -> String = "",
  _ isReached: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while try await !isReached() {
    guard ContinuousClock.now < deadline else {
      throw LabClusterError("within \(limit), not so: \(condition) \(details())")
    }
    try await Task.sleep(for: .milliseconds(50))
  }
}
