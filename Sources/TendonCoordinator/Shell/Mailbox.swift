// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TendonCore
import TendonModel
import TendonStore

/// What waits for the coordinator's loop: anyone puts in, one loop takes all of it at once. Bounded.
final class Mailbox: Sendable {
  /// Told after the commit of the batch: the revision that is durable now, or why nothing is.
  typealias Completion = @Sendable (Result<Revision, StoreError>) -> Void

  /// Changes the core, and returns whom to tell when that is durable.
  struct Command: Sendable {
    var run: @Sendable (inout CoordinatorCore, Now) -> Completion
    /// Told when the command is not even run.
    var refuse: @Sendable (APIError) -> Void
  }

  struct Batch: Sendable {
    var heartbeats: [ReceivedHeartbeat] = []
    var signs: [ReceivedSign] = []
    var commands: [Command] = []
    var isTick = false

    var isEmpty: Bool { heartbeats.isEmpty && signs.isEmpty && commands.isEmpty && !isTick }
  }

  /// The most commands that wait; more are refused. They all go into the next commit, so it bounds its size.
  static let mostCommands = 4096
  /// The most heartbeats that wait: seconds of those of 10,000 hosts. The oldest are dropped beyond it.
  static let mostHeartbeats = 100_000

  private struct State {
    var batch = Batch()
    var isClosed = false
    var droppedHeartbeats = 0
    var reader: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// How many heartbeats were dropped because the loop was late.
  var droppedHeartbeats: Int { state.withLock { $0.droppedHeartbeats } }

  func post(_ command: Command) {
    let refusal = state.withLock { state -> APIError? in
      if state.isClosed {
        return APIError(code: .unavailable, message: "the coordinator is shutting down")
      }
      if state.batch.commands.count >= Self.mostCommands {
        return APIError(
          code: .unavailable,
          message: "the coordinator has \(Self.mostCommands) requests waiting: try again")
      }
      state.batch.commands.append(command)
      return nil
    }
    if let refusal { command.refuse(refusal) } else { wake() }
  }

  func post(_ heartbeats: [ReceivedHeartbeat]) {
    state.withLock { state in
      state.batch.heartbeats += heartbeats
      let excess = state.batch.heartbeats.count - Self.mostHeartbeats
      if excess > 0 {
        state.batch.heartbeats.removeFirst(excess)
        state.droppedHeartbeats += excess
      }
    }
    wake()
  }

  /// Signs of life beyond `mostHeartbeats` are dropped: more will come.
  func post(_ signs: [ReceivedSign]) {
    state.withLock { state in
      let room = Self.mostHeartbeats - state.batch.signs.count
      state.batch.signs += signs.prefix(max(0, room))
    }
    wake()
  }

  func tick() {
    state.withLock { $0.batch.isTick = true }
    wake()
  }

  /// No more commands come in; `next` returns nil once what waits has been taken.
  func close() {
    state.withLock { $0.isClosed = true }
    wake()
  }

  /// Everything that waits, as soon as there is something; nil after `close`. For one reader.
  func next() async -> Batch? {
    while true {
      let (batch, isClosed) = state.withLock { state in
        let batch = state.batch
        state.batch = Batch()
        return (batch, state.isClosed)
      }
      if isClosed && batch.commands.isEmpty { return nil }
      if !batch.isEmpty { return batch }
      await withCheckedContinuation { continuation in
        let goOn = state.withLock { state in
          guard state.batch.isEmpty && !state.isClosed else { return true }
          state.reader = continuation
          return false
        }
        if goOn { continuation.resume() }
      }
    }
  }

  private func wake() {
    let reader = state.withLock { state in
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }
}
