// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// A host in the coordinator's memory.
struct HostEntry: Sendable {
  var record: HostRecord
  /// Capacity, reservations and ports, as placement sees them. `load.state` follows the detector.
  var load: PlacementHost
  var session: HostSession?
  /// The session whose stream is open; nil when none is.
  var openStream: UInt32?
  /// Every placement on the host that is not known to be gone.
  var epochs: Set<Epoch> = []
  /// The last commit that changed what the host should run.
  var desiredRevision: Revision
  var usage: HostUsage?
  var appliedRevision: Revision?
  var roundTripMicroseconds: UInt32?

  init(record: HostRecord, state: HostState, desiredRevision: Revision) {
    self.record = record
    self.desiredRevision = desiredRevision
    load = PlacementHost(
      id: record.id, state: state, capacity: record.facts.capacity,
      exclusiveCores: record.facts.exclusiveCores)
  }
}

/// The session an agent holds.
struct HostSession: Sendable {
  var id: UInt32
  var incarnation: Incarnation
  /// The highest report sequence taken.
  var reportSequence: UInt64 = 0
}

/// A service in the coordinator's memory.
struct ServiceEntry: Sendable {
  var record: ServiceRecord
  /// All placements of each slot that are not known to be gone.
  var slots: [Int: Set<Epoch>] = [:]
  /// Slots without a host, with the reason.
  var pending: [Int: String] = [:]
  /// Slots whose last placement failed, with when the next may be made.
  var backoff: [Int: SlotBackoff] = [:]

  /// What the slot's instance may use.
  func resources(of slot: Int) -> Resources {
    record.overrides[slot] ?? record.spec.resources
  }
}

struct SlotBackoff: Sendable {
  var failures: Int
  var notBefore: MonotonicTime
  /// Whether the slot was looked at since `notBefore` passed.
  var isOver = false
}

/// A placement in the coordinator's memory.
struct PlacementEntry: Sendable {
  var record: PlacementRecord
  /// The agent's last report; nil before the first of this coordinator's life.
  var status: PlacementStatus?
  /// The last heartbeat's word.
  var health: InstanceHealth?
  /// Whether it was there before this coordinator started.
  var isRemembered = false

  var placement: DesiredPlacement { record.placement }
  var isStopping: Bool { record.stopReason != nil }
}
