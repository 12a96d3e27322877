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
    var fault = ""
  }

  private let file: LeaseFile
  private let state: Mutex<State>

  /// Goes on with the lease that the agent before this one had.
  init(file: LeaseFile) {
    self.file = file
    state = Mutex(State(lease: HostLease(end: file.end())))
  }

  /// - Returns: what went wrong with the file, when that is news; the watchdog then kills too early, never too late.
  func acknowledged(_ ack: HeartbeatAck) -> StateError? {
    state.withLock { state -> StateError? in
      guard state.lease.acknowledged(sentAt: ack.echoedSentAt, lease: ack.lease),
        let end = state.lease.end, !state.cgroups.isEmpty
      else { return nil }
      do throws(StateError) {
        try file.renew(until: end)
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
    try change { $0[epoch] = cgroup }
  }

  /// Nothing of it is left; fine when it was not held.
  func release(_ epoch: Epoch) throws(StateError) {
    guard state.withLock({ $0.cgroups[epoch] != nil }) else { return }
    try change { $0[epoch] = nil }
  }

  private func change(_ body: (inout [Epoch: String]) -> Void) throws(StateError) {
    let result = state.withLock { state in
      body(&state.cgroups)
      // Without a lease it has ended long ago.
      let end = state.lease.end ?? MonotonicTime(nanoseconds: 0)
      let cgroups = state.cgroups.sorted { $0.key < $1.key }.map(\.value)
      return Result { () throws(StateError) in try file.write(until: end, cgroups) }
    }
    try result.get()
  }

  func holds(at now: MonotonicTime) -> Bool { state.withLock { $0.lease.holds(at: now) } }

  /// When to look at it next; nil while nothing is fenced.
  var end: MonotonicTime? {
    state.withLock { $0.cgroups.isEmpty ? nil : $0.lease.end ?? MonotonicTime(nanoseconds: 0) }
  }

  /// The cgroups of what is fenced, by placement.
  var held: [Epoch: String] { state.withLock { $0.cgroups } }
}
