// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonModel

/// The coordinator's refusal of what `body` asks; nil where it did not refuse.
func refusal(_ body: () async throws -> Void) async throws -> APIError? {
  do {
    try await body()
    return nil
  } catch let error as ClientError {
    guard case .refused(let refused, let status) = error, status == refused.code.status else {
      throw error
    }
    return refused
  }
}
