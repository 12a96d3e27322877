// SPDX-License-Identifier: Apache-2.0

import NIOPosix

/// Threads for work that may block (files, cgroups), off the cooperative pool.
struct Blocking: Sendable {
  let pool: NIOThreadPool

  /// Four: a shrink of memory may hold one for seconds while others go on.
  static func start(threads: Int = 4) -> Blocking {
    let pool = NIOThreadPool(numberOfThreads: threads)
    pool.start()
    return Blocking(pool: pool)
  }

  /// Runs `body` on one of the threads, also for a task that was cancelled: what was begun on the host is
  /// done. The pool outlives everything that uses it.
  func run<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<Value, Failure>, Never>) in
      pool.submit { state in
        guard case .active = state else {
          preconditionFailure("the thread pool was stopped before its users")
        }
        continuation.resume(returning: Result { () throws(Failure) in try body() })
      }
    }
    return try result.get()
  }

  /// Runs `body` on one of the threads; it tells of its end by itself.
  func start(_ body: @escaping @Sendable () -> Void) {
    pool.submit { state in
      guard case .active = state else {
        preconditionFailure("the thread pool was stopped before its users")
      }
      body()
    }
  }

  func shutDown() async {
    do {
      try await pool.shutdownGracefully()
    } catch {
      preconditionFailure("a thread pool cannot fail to stop: \(error)")
    }
  }
}
