// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TendonModel

/// Questions to agents that wait for their answers.
final class ReplyBoard: Sendable {
  /// How long an agent has to begin its answer.
  static let patience = Duration.seconds(5)

  private struct Entry {
    var host: HostID
    var pipe: ReplyPipe
    var deadline: MonotonicTime
  }

  private struct State {
    var entries: [UInt64: Entry] = [:]
    /// Answers that have begun.
    var begun: [UInt64: Entry] = [:]
    var lastID: UInt64 = 0
  }

  private let state = Mutex(State())

  /// Numbers a question to `host`.
  func add(_ pipe: ReplyPipe, host: HostID, now: MonotonicTime) -> UInt64 {
    state.withLock { state in
      state.lastID += 1
      state.entries[state.lastID] = Entry(host: host, pipe: pipe, deadline: now + Self.patience)
      return state.lastID
    }
  }

  /// The hosts whose answers are under way.
  var answering: Set<HostID> { state.withLock { Set($0.begun.values.map(\.host)) } }

  /// The answer has ended.
  func ended(_ id: UInt64) { state.withLock { _ = $0.begun.removeValue(forKey: id) } }

  /// No more comes from this host, though no connection says so: what came is all that readers get.
  func hostDown(_ host: HostID) {
    let pipes = state.withLock { state in
      let hit = state.begun.filter { $0.value.host == host }
      for id in hit.keys { state.begun[id] = nil }
      return hit.values.map(\.pipe)
    }
    for pipe in pipes { pipe.abandon() }
  }

  /// The question that `host` is about to answer, until `ended`; nil when it was not asked, or nobody waits any more.
  func take(_ id: UInt64, host: HostID) -> ReplyPipe? {
    state.withLock { state in
      guard state.entries[id]?.host == host else { return nil }
      let entry = state.entries.removeValue(forKey: id)
      state.begun[id] = entry
      return entry?.pipe
    }
  }

  func remove(_ id: UInt64) { state.withLock { _ = $0.entries.removeValue(forKey: id) } }

  func expire(now: MonotonicTime) {
    let patience = Span(milliseconds: Self.patience.wholeMilliseconds)
    for entry in remove(where: { $0.deadline <= now }) {
      entry.pipe.fail(
        APIError(
          code: .timedOut, message: "the agent on \(entry.host) did not answer within \(patience)"))
    }
  }

  /// The stream on which the questions were asked is gone.
  func hostLost(_ host: HostID) {
    let error = APIError(
      code: .unavailable, message: "the connection to the agent on \(host) was lost")
    for entry in remove(where: { $0.host == host }) { entry.pipe.fail(error) }
  }

  func endAll() {
    let error = APIError(code: .unavailable, message: "the coordinator is shutting down")
    for entry in remove(where: { _ in true }) { entry.pipe.fail(error) }
  }

  private func remove(where isHit: (Entry) -> Bool) -> [Entry] {
    state.withLock { state in
      let hit = state.entries.filter { isHit($0.value) }
      for id in hit.keys { state.entries[id] = nil }
      return Array(hit.values)
    }
  }
}
