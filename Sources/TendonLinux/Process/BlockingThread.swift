// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import TendonModel

/// Threads of our own for what may block, so that it stays off the cooperative pool.
package enum BlockingThread {
  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts a detached thread that runs `body` and ends with it.
  /// - Returns: the errno of `pthread_create(3)`, or nil when the thread runs.
  package static func start(_ body: @escaping @Sendable () -> Void) -> Int32? {
    let boxed = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let error = pthread_create(
      &thread, nil,
      { argument in
        if let argument {
          Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        }
        return nil
      }, boxed.toOpaque())
    guard error == 0 else {
      boxed.release()
      return error
    }
    pthread_detach(thread)
    return nil
  }

  /// Names the calling thread.
  /// - Parameter name: at most 15 characters, in /proc/PID/task/TID/comm.
  /// - Returns: the kernel's number of the thread.
  package static func name(_ name: String) -> Int32 { tendon_thread_name(name) }

  /// Lets the calling thread sleep. Never on the cooperative pool.
  package static func pause(_ duration: Duration) {
    usleep(UInt32(clamping: duration.wholeNanoseconds / 1000))
  }

  /// Runs `body` on a thread of its own and waits for its value. Meant for rare calls: a thread
  /// costs some 30 microseconds.
  /// - Throws: `ProcessError` when there can be no further thread.
  package static func run<Value: Sendable>(
    _ body: @escaping @Sendable () -> Value
  ) async throws(ProcessError) -> Value {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<Value, ProcessError>, Never>) in
      let error = start { continuation.resume(returning: .success(body())) }
      if let error {
        continuation.resume(returning: .failure(ProcessError(call: "pthread_create", errno: error)))
      }
    }
    return try result.get()
  }
}
