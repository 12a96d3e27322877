// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import TendonModel

/// The placement records of this host, in `placements.journal` below the state directory.
package final class RecordStore: Sendable {
  private struct Queue: Sendable {
    var waiting: [(content: RecordLine.Content, waiter: CheckedContinuation<StateError?, Never>)] =
      []
    var isWriting = false
  }

  /// Whether something that failed is still not on disk.
  var isBehind: Bool { behind.withLock { $0 } }

  package let path: String
  private let journal: Mutex<RecordJournal>
  private let queue = Mutex(Queue())
  private let behind = Mutex(false)

  /// Opens nothing yet: a disk that cannot be written keeps no agent from starting.
  package init(stateDirectory: String) {
    let journal = RecordJournal(directory: stateDirectory)
    path = journal.path
    self.journal = Mutex(journal)
  }

  /// Every placement that has a record, in the order of epochs, and what could not be read. Blocks.
  package func load() throws(StateError) -> (records: [RememberedPlacement], faults: [StateError]) {
    try locked { (journal) throws(StateError) in try journal.load() }
  }

  /// Durable when it returns. Blocks.
  package func write(_ record: RememberedPlacement) throws(StateError) {
    try locked { (journal) throws(StateError) in try journal.append([.record(record)]) }
  }

  /// Durable when it returns. Blocks.
  package func remove(_ epoch: Epoch) throws(StateError) {
    try locked { (journal) throws(StateError) in try journal.append([.removal(epoch)]) }
  }

  /// Tries again what could not be written. Blocks.
  func retry() throws(StateError) {
    try locked { (journal) throws(StateError) in try journal.writeBacklog() }
  }

  /// Durable when it returns. Those that come while one is being written share the next write, since the disk takes
  /// as long for a hundred as for one. Its line is made on the thread that writes.
  /// - Throws: when it is not durable; it will be with the next write that succeeds.
  func commit(_ content: RecordLine.Content, on blocking: Blocking) async throws(StateError) {
    let error = await withCheckedContinuation {
      (waiter: CheckedContinuation<StateError?, Never>) in
      let isFirst = queue.withLock { queue in
        queue.waiting.append((content, waiter))
        defer { queue.isWriting = true }
        return !queue.isWriting
      }
      if isFirst { blocking.start { self.writeQueue() } }
    }
    if let error { throw error }
  }

  private func writeQueue() {
    while true {
      let batch = queue.withLock { queue in
        let batch = queue.waiting
        queue.waiting = []
        queue.isWriting = !batch.isEmpty
        return batch
      }
      if batch.isEmpty { return }
      var error: StateError?
      do throws(StateError) {
        try locked { (journal) throws(StateError) in
          try journal.append(batch.map(\.content))
        }
      } catch let fault {
        error = fault
      }
      for (_, waiter) in batch { waiter.resume(returning: error) }
    }
  }

  private func locked<Value: Sendable>(
    _ body: (inout RecordJournal) throws(StateError) -> Value
  ) throws(StateError) -> Value {
    let result: Result<Value, StateError> = journal.withLock { journal in
      defer { behind.withLock { $0 = journal.isBehind } }
      do throws(StateError) { return .success(try body(&journal)) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
