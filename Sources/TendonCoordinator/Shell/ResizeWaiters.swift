// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TendonCore
import TendonModel

/// Requests that wait until agents have confirmed new resources. Woken by reports, never by polling.
final class ResizeWaiters: Sendable {
  enum Outcome: Sendable {
    case confirmed
    /// These placements had not reported when the time was over.
    case timedOut([Epoch])
    case ended
  }

  /// One request; answered once.
  final class Waiter: Sendable {
    let deadline: MonotonicTime
    private let promise = OneShot<Outcome>()

    init(deadline: MonotonicTime) { self.deadline = deadline }

    func outcome() async -> Outcome { await promise.value() }
    func resolve(_ outcome: Outcome) { promise.resolve(outcome) }
  }

  static let defaultTimeout = Span.seconds(10)
  static let longestTimeout = Span.seconds(600)

  private struct Entry {
    var waiter: Waiter
    var ticket: ResizeTicket
    var missing: [Epoch]
  }

  private struct State {
    var entries: [Entry] = []
    var isEnded = false
  }

  private let state = Mutex(State())

  /// The next `check` may resolve it already.
  func add(_ waiter: Waiter, for ticket: ResizeTicket) {
    let isEnded = state.withLock { state in
      if !state.isEnded {
        state.entries.append(Entry(waiter: waiter, ticket: ticket, missing: ticket.epochs))
      }
      return state.isEnded
    }
    if isEnded { waiter.resolve(.ended) }
  }

  /// Resolves those whose placements have all reported, are gone, or can never report any more.
  func check(_ core: CoordinatorCore) {
    let done = state.withLock { state -> [Waiter] in
      guard !state.entries.isEmpty else { return [] }
      for index in state.entries.indices {
        let revision = state.entries[index].ticket.revision
        state.entries[index].missing.removeAll { Self.isSettled($0, at: revision, in: core) }
      }
      let done = state.entries.filter(\.missing.isEmpty).map(\.waiter)
      state.entries.removeAll(where: \.missing.isEmpty)
      return done
    }
    for waiter in done { waiter.resolve(.confirmed) }
  }

  func expire(now: MonotonicTime) {
    let late = state.withLock { state -> [Entry] in
      let late = state.entries.filter { $0.waiter.deadline <= now }
      if !late.isEmpty { state.entries.removeAll { $0.waiter.deadline <= now } }
      return late
    }
    for entry in late { entry.waiter.resolve(.timedOut(entry.missing)) }
  }

  func endAll() {
    let entries = state.withLock { state in
      state.isEnded = true
      defer { state.entries = [] }
      return state.entries
    }
    for entry in entries { entry.waiter.resolve(.ended) }
  }

  private static func isSettled(
    _ epoch: Epoch, at revision: Revision, in core: CoordinatorCore
  ) -> Bool {
    guard core.placement(epoch) != nil else { return true }
    guard let status = core.status(of: epoch) else { return false }
    return status.phase.isFinal || status.resourcesRevision.map { $0 >= revision } == true
  }
}
