// SPDX-License-Identifier: Apache-2.0

import Logging
import TendonCore
import TendonLinux
import TendonModel

/// What must outlive the agent, and what is done while it cannot be written.
///
/// What runs goes on and is supervised, restarts included: its last record is good enough to take it over by. A
/// placement without any record is not started, since the next agent would not know of it. An exit is left with
/// tendon-init until the record that tells of it is durable. All of it is tried again until it is written.
extension HostAgent {
  /// Makes the placement's memory, as it is now, durable; nothing is to be done for one that is gone.
  /// - Throws: when it is not; it is then tried again with all others until it is.
  func makeDurable(_ epoch: Epoch) async throws(StateError) {
    guard let memory = core.memory(of: epoch) else { return }
    do throws(StateError) {
      try await work.records.commit(.record(work.record(of: memory)), on: blocking)
    } catch {
      recordsFailed(error, of: epoch)
      throw error
    }
    recorded.insert(epoch)
    recordsWritten()
  }

  /// Removes the record of a placement that is gone.
  func makeForgotten(_ epoch: Epoch) async {
    recorded.remove(epoch)
    do throws(StateError) {
      try await work.records.commit(.removal(epoch), on: blocking)
      recordsWritten()
    } catch {
      // The next agent may find a record without processes, and ends it again.
      recordsFailed(error, of: epoch)
    }
  }

  /// Before a placement's process runs, the next agent must be able to know of it.
  func ensureRecorded(_ epoch: Epoch) async throws(StartError) {
    guard !recorded.contains(epoch) else { return }
    do throws(StateError) {
      try await makeDurable(epoch)
    } catch {
      throw StartError("record", "what is not remembered is not started: \(error)")
    }
  }

  // MARK: - Failure

  /// How often it is tried again to write what could not be written.
  private static var retryInterval: Duration { .seconds(1) }
  static var stateCondition: String { "state-not-writable" }

  private func recordsFailed(_ error: StateError, of epoch: Epoch) {
    unwritten.insert(epoch)
    // Said once, and again when the reason is another.
    if core.conditions[Self.stateCondition] != "\(error)" {
      log.error(
        "records of placements cannot be written, and new placements are not started: \(error)")
      setCondition(Self.stateCondition, "\(error)")
    }
    guard !isRetryingRecords else { return }
    isRetryingRecords = true
    start(.retryRecords)
  }

  /// A write that succeeds takes along all that failed before.
  private func recordsWritten() {
    if !unwritten.isEmpty, !work.records.isBehind { recordsAreWritten() }
  }

  func retryRecords() async {
    let records = work.records
    while !Task.isCancelled, !unwritten.isEmpty {
      // Cancelled: the agent ends.
      try? await Task.sleep(for: Self.retryInterval)
      do throws(StateError) {
        try await blocking.run { () throws(StateError) in try records.retry() }
        recordsAreWritten()
      } catch {
        log.debug("records: \(error)")
      }
    }
    isRetryingRecords = false
  }

  private func recordsAreWritten() {
    recorded.formUnion(unwritten.filter { core.memory(of: $0) != nil })
    unwritten = []
    if core.conditions[Self.stateCondition] != nil {
      log.notice("records of placements are written again")
      setCondition(Self.stateCondition, nil)
    }
    // Exits that were held back are acknowledged with the next write of their placement.
    for (epoch, lane) in recordLanes where !lane.exits.isEmpty { record(epoch) }
  }

  func setCondition(_ name: String, _ message: String?) {
    core.setCondition(name, message)
    reportSignal?.yield()
  }
}
