// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TendonModel
import TendonStore

@testable import TendonCoordinator

/// A store whose commits can be counted, held back and made to fail.
final class ControlledStore: Store {
  private struct State {
    var commits = 0
    var failure: StoreError?
    var isHeld = false
    var held: [CheckedContinuation<Void, Never>] = []
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let inner = MemoryStore()
  private let state = Mutex(State())
  /// How long each commit takes.
  private let delay: Duration

  init(delay: Duration = .zero) { self.delay = delay }

  var commits: Int { state.withLock { $0.commits } }

  func fail(with error: StoreError?) { state.withLock { $0.failure = error } }

  /// From now on commits do not return.
  func hold() { state.withLock { $0.isHeld = true } }

  func letGo() {
    let held = state.withLock { state in
      state.isHeld = false
      defer { state.held = [] }
      return state.held
    }
    for continuation in held { continuation.resume() }
  }

  /// Returns when a commit is held.
  func commitIsHeld() async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.held.isEmpty { state.waiters.append(continuation) }
        return !state.held.isEmpty
      }
      if isThere { continuation.resume() }
    }
  }

  func commit(_ commit: StoreCommit) async throws(StoreError) {
    let failure = state.withLock { state in
      state.commits += 1
      return state.failure
    }
    if let failure { throw failure }
    if delay > .zero { try? await Task.sleep(for: delay) }  // Cut short only at the end of a test.
    await withCheckedContinuation { continuation in
      let (isHeld, waiters) = state.withLock { state in
        guard state.isHeld else { return (false, [] as [CheckedContinuation<Void, Never>]) }
        state.held.append(continuation)
        defer { state.waiters = [] }
        return (true, state.waiters)
      }
      for waiter in waiters { waiter.resume() }
      if !isHeld { continuation.resume() }
    }
    try await inner.commit(commit)
  }

  func load() async throws(StoreError) -> StoredState { try await inner.load() }
  func beginEpoch() async throws(StoreError) -> UInt64 { try await inner.beginEpoch() }
  func close() async throws(StoreError) { try await inner.close() }
}
