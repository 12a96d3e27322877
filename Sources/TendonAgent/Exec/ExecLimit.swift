// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TendonModel

/// Bounds how much of something goes on at once.
final class ExecLimit: Sendable {
  private let count = Mutex(0)
  let most: Int
  /// Completes "already".
  private let what: String

  init(most: Int, _ what: String) {
    self.most = most
    self.what = what
  }

  /// - Throws: `conflict` when there is no more room.
  func run<Value>(_ body: () async throws -> Value) async throws -> Value {
    let mayRun = count.withLock { count in
      guard count < most else { return false }
      count += 1
      return true
    }
    guard mayRun else {
      throw APIError(code: .conflict, message: "\(most) \(what) on this host already")
    }
    defer { count.withLock { $0 -= 1 } }
    return try await body()
  }
}
