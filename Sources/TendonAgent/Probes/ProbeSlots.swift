// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How many probes may be under way at once; the others wait their turn, and their time-out begins with it.
final class ProbeSlots: Sendable {
  /// Raising it costs sockets, and processes where probes are commands.
  static let standard = 64

  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  init(_ count: Int = ProbeSlots.standard) { state = Mutex(State(free: count)) }

  /// Waits for a slot. Not cancelled with its task: those before it are bounded by their time-outs.
  func take() async {
    await withCheckedContinuation { waiter in
      let isFree = state.withLock { state in
        guard state.free == 0 else {
          state.free -= 1
          return true
        }
        state.waiting.append(waiter)
        return false
      }
      if isFree { waiter.resume() }
    }
  }

  func giveBack() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}
