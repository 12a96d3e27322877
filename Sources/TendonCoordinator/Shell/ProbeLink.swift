// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TendonCore
import TendonModel

/// The way from the coordinator to the health server, which is made after it. Before that, tries go nowhere.
final class ProbeLink: Sendable {
  private struct State {
    var send: (@Sendable ([ProbeOrder]) -> Void)?
    var listenedUntil: (@Sendable () -> MonotonicTime?)?
  }

  private let state = Mutex(State())

  func connect(_ server: HealthServer) {
    state.withLock { state in
      state.send = { [weak server] in server?.probe($0) }
      state.listenedUntil = { [weak server] in server?.listenedUntil }
    }
  }

  func send(_ orders: [ProbeOrder]) {
    guard !orders.isEmpty, let send = state.withLock({ $0.send }) else { return }
    send(orders)
  }

  /// nil: nobody listens, or nobody can say until when.
  var listenedUntil: MonotonicTime? { state.withLock { $0.listenedUntil }?() }
}
