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

  /// Runs `body` on one of the threads. The pool outlives everything that uses it.
  func run<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let result: Result<Value, Failure>
    do {
      result = try await pool.runIfActive {
        do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
      }
    } catch {
      preconditionFailure("the thread pool was stopped before its users: \(error)")
    }
    return try result.get()
  }

  func shutDown() async {
    do {
      try await pool.shutdownGracefully()
    } catch {
      preconditionFailure("a thread pool cannot fail to stop: \(error)")
    }
  }
}
