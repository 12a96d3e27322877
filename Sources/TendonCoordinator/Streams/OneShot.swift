// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A value that is given once and awaited by one reader, in either order.
final class OneShot<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case awaited(CheckedContinuation<Value, Never>)
    case given(Value)
  }

  private let state = Mutex(State.empty)

  /// The first value counts; later ones are ignored.
  func resolve(_ value: Value) {
    let reader = state.withLock { state -> CheckedContinuation<Value, Never>? in
      switch state {
      case .empty:
        state = .given(value)
        return nil
      case .awaited(let reader):
        state = .given(value)
        return reader
      case .given: return nil
      }
    }
    reader?.resume(returning: value)
  }

  func value() async -> Value {
    await withCheckedContinuation { continuation in
      let given = state.withLock { state -> Value? in
        switch state {
        case .empty:
          state = .awaited(continuation)
          return nil
        case .awaited: preconditionFailure("a one-shot has one reader")
        case .given(let value): return value
        }
      }
      if let given { continuation.resume(returning: given) }
    }
  }
}
