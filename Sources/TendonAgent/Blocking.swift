// SPDX-License-Identifier: Apache-2.0

import NIOPosix

/// Threads for work that may block (files, cgroups), off the cooperative pool.
struct Blocking: Sendable {
  let pool: NIOThreadPool
  /// For what may wait for seconds within one system call, so that nothing else waits for it.
  let slowPool: NIOThreadPool

  /// Threads for what is known to be slow. More lets more memory limits shrink at one time.
  private static let slowThreads = 8

  static func start(threads: Int = 4) -> Blocking {
    let blocking = Blocking(
      pool: NIOThreadPool(numberOfThreads: threads),
      slowPool: NIOThreadPool(numberOfThreads: slowThreads))
    blocking.pool.start()
    blocking.slowPool.start()
    return blocking
  }

  /// Runs `body` on one of the threads, also for a task that was cancelled: what was begun on the host is
  /// done. The pool outlives everything that uses it.
  /// - Parameter isSlow: whether it may take seconds: a memory limit that goes down.
  func run<Value: Sendable, Failure: Error>(
    slowly isSlow: Bool = false, _ body: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let pool = isSlow ? slowPool : pool
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
  /// - Parameter isSlow: whether it may take seconds.
  func start(slowly isSlow: Bool = false, _ body: @escaping @Sendable () -> Void) {
    (isSlow ? slowPool : pool).submit { state in
      guard case .active = state else {
        preconditionFailure("the thread pool was stopped before its users")
      }
      body()
    }
  }

  func shutDown() async {
    do {
      try await pool.shutdownGracefully()
      try await slowPool.shutdownGracefully()
    } catch {
      preconditionFailure("a thread pool cannot fail to stop: \(error)")
    }
  }
}
