// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TendonCore
import TendonLinux
import TendonModel

/// The host's lease, and the fenced placements that live by it. Any thread may call.
final class LeaseHolder: Sendable {
  private struct State {
    var lease: HostLease
    var cgroups: [Epoch: String] = [:]
    /// Those that were held when the lease ended. A lease that is granted after that is not theirs: the coordinator may
    /// have placed their instances elsewhere.
    var lapsed: Set<Epoch> = []
    var fault = ""

    /// What the watchdog goes by. Without a lease, or with one that came too late, it has ended long ago.
    var effectiveEnd: MonotonicTime {
      lapsed.isEmpty ? lease.end ?? MonotonicTime(nanoseconds: 0) : MonotonicTime(nanoseconds: 0)
    }
  }

  /// Yields when a placement comes to be held: until then nobody need look at `end`. For one consumer.
  let newHolds: AsyncStream<Void>

  private let file: LeaseFile
  private let state: Mutex<State>
  private let holdSignal: AsyncStream<Void>.Continuation

  /// Goes on with the lease that the agent before this one had.
  init(file: LeaseFile) {
    self.file = file
    state = Mutex(State(lease: file.lease()))
    (newHolds, holdSignal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// A heartbeat was acknowledged. When the lease had ended before that, as after a freeze of the whole host, what was
  /// held by it has to be gone before the watchdog hears of the new one.
  /// - Parameter now: when the acknowledgement is taken in, on the boot-time clock.
  /// - Returns: what went wrong with the file, when that is news; the watchdog then kills too early, never too late.
  func acknowledged(_ ack: HeartbeatAck, now: MonotonicTime) -> StateError? {
    state.withLock { state -> StateError? in
      if !state.lease.holds(at: now) { state.lapsed.formUnion(state.cgroups.keys) }
      let length = state.lease.length
      guard state.lease.acknowledged(sentAt: ack.echoedSentAt, lease: ack.lease),
        let end = state.lease.end, !state.cgroups.isEmpty, state.lapsed.isEmpty
      else { return nil }
      do throws(StateError) {
        if state.lease.length == length {
          try file.renew(until: end)
        } else {
          try note(state)
        }
        state.fault = ""
        return nil
      } catch {
        defer { state.fault = "\(error)" }
        return state.fault == "\(error)" ? nil : error
      }
    }
  }

  /// A fenced placement is about to run in `cgroup`, or does so already.
  func hold(_ epoch: Epoch, in cgroup: String) throws(StateError) {
    // Also where the file could not be written: it is held, and not started.
    defer { holdSignal.yield() }
    try change { $0.cgroups[epoch] = cgroup }
  }

  /// Nothing of it is left; fine when it was not held.
  func release(_ epoch: Epoch) throws(StateError) {
    guard state.withLock({ $0.cgroups[epoch] != nil }) else { return }
    try change {
      $0.cgroups[epoch] = nil
      $0.lapsed.remove(epoch)
    }
  }

  private func change(_ body: (inout State) -> Void) throws(StateError) {
    let result = state.withLock { state in
      body(&state)
      return Result { () throws(StateError) in try note(state) }
    }
    try result.get()
  }

  private func note(_ state: State) throws(StateError) {
    let cgroups = state.cgroups.sorted { $0.key < $1.key }.map(\.value)
    try file.write(until: state.effectiveEnd, of: state.lease, cgroups)
  }

  /// Whether a fenced placement may start: not while one that should have ended is still there, either.
  func holds(at now: MonotonicTime) -> Bool {
    state.withLock { $0.lapsed.isEmpty && $0.lease.holds(at: now) }
  }

  /// How long what is fenced goes on unheard at the most, as the newest acknowledgement has it; nil before the first.
  var length: Span? { state.withLock { $0.lease.length } }

  /// When the lease ends, or ended; nil while nothing is fenced.
  var end: MonotonicTime? {
    state.withLock { $0.cgroups.isEmpty ? nil : $0.effectiveEnd }
  }

  /// The cgroups of what is fenced, by placement.
  var held: [Epoch: String] { state.withLock { $0.cgroups } }
}
