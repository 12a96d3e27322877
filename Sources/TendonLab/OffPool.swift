// SPDX-License-Identifier: Apache-2.0
import Dispatch

/// Runs blocking work on a thread that is not one of the cooperative pool.
func offPool<Value: Sendable>(
  _ body: @escaping @Sendable () throws(LabError) -> Value
) async throws(LabError) -> Value {
  let result: Result<Value, LabError> = await withCheckedContinuation { continuation in
    DispatchQueue.global().async {
      do throws(LabError) {
        continuation.resume(returning: .success(try body()))
      } catch {
        continuation.resume(returning: .failure(error))
      }
    }
  }
  return try result.get()
}
