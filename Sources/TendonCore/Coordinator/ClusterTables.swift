// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// A host in the coordinator's memory.
struct HostEntry: Sendable {
  var record: HostRecord
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
  /// What its agent says is wrong with the host itself.
  var conditions: [String: String] = [:]

  init(record: HostRecord, desiredRevision: Revision) {
    self.record = record
    self.desiredRevision = desiredRevision
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
  var slots: [Int: EpochSet] = [:]
  /// Slots without a host, with the reason.
  var pending: [Int: String] = [:]
  /// Of these, those that no host takes, with all the filters that rule one out: nothing else is worth another try.
  var ruledOut: [Int: Misses] = [:]
  /// Slots whose last placement failed, with when the next may be made.
  var backoff: [Int: SlotBackoff] = [:]
  /// Where the last copy of a slot was that is gone, with its data.
  var lastHosts: [Int: HostID] = [:]
  /// Slots whose copy would have to be stopped first, and is not yet, with why not.
  var heldBack: [Int: SlotHold] = [:]

  /// What was last told of an instance's limits.
  var knobs: [KnobReport] = []

  /// Whether the last look at the whole service has found nothing but copies of what is wanted, where that is wanted. Then
  /// nothing rolls, and a slot can be looked at without the others until the service is to be looked at again.
  var isUniform = false

  /// The next time of a cron's schedule, and what it was computed from.
  var nextRun: (at: Timestamp, basis: CronBasis)?

  struct CronBasis: Hashable, Sendable {
    var last: Timestamp
    var schedule: String
    var timeZone: String
  }

  /// The slots that are wanted, as far as they can be told without looking at what is placed: those of a job or a cron
  /// are wanted as long as anything is in them, or waits for a host.
  var wantedSlots: [Int] {
    if record.isDeleted { return [] }
    return switch record.spec.workload.kind {
    case .service: Array(0..<record.spec.replicas)
    case .daemon: (record.daemonSlots ?? [:]).values.sorted()
    case .job, .cron: Set(slots.keys).union(pending.keys).sorted()
    }
  }

  func wants(_ slot: Int) -> Bool {
    if record.isDeleted { return false }
    return switch record.spec.workload.kind {
    case .service: slot < record.spec.replicas
    case .daemon: record.daemonSlots?.values.contains(slot) ?? false
    case .job, .cron: slots[slot] != nil || pending[slot] != nil
    }
  }

  /// The run of a job or a cron that a placement belongs to.
  func run(of placement: DesiredPlacement) -> JobRun? {
    guard let book = record.runs else { return nil }
    return book.index(slot: placement.instance.slot, epoch: placement.epoch).map { book.runs[$0] }
  }

  /// What the slot's instance may use.
  func resources(of slot: Int) -> Resources {
    record.overrides[slot] ?? record.spec.resources
  }
}

enum SlotHold: Sendable {
  /// Too many would be unavailable.
  case budget
  /// Another slot is on the way.
  case turn
}

struct SlotBackoff: Sendable {
  var failures: Int
  var notBefore: MonotonicTime
  /// Whether the slot was looked at since `notBefore` passed.
  var isOver = false
}

/// A placement in the coordinator's memory.
struct PlacementEntry: Sendable {
  @Shared var record: PlacementRecord
  /// The agent's last report; nil before the first of this coordinator's life.
  @Rare var status: PlacementStatus? = nil
  /// What is reserved for it; nil once that was given back: it has ended, and is only kept to be looked at.
  var reserved: PlacementClass?
  /// The last heartbeat's word.
  var health: InstanceHealth?
  /// Since when its process runs, as far as was reported.
  var runsSince: MonotonicTime?
  /// Whether it was there before this coordinator started.
  var isRemembered: Bool

  init(record: PlacementRecord, isRemembered: Bool = false) {
    _record = Shared(wrappedValue: record)
    self.isRemembered = isRemembered
  }

  var placement: DesiredPlacement { record.placement }
  var isReleased: Bool { reserved == nil }
  /// What is reserved for it, and where; nil where that was given back.
  var placedInstance: PlacedInstance? {
    reserved.map {
      PlacedInstance(
        epoch: placement.epoch, $0, host: placement.host, draw: placement.draw)
    }
  }
  var isStopping: Bool { record.stopReason != nil }
  /// Whether it was there before this coordinator started, which has not heard of it yet.
  var isUnheard: Bool { isRemembered && status == nil }
}

extension PlacementHost {
  init(_ record: HostRecord, state: HostState) {
    self.init(id: record.id, state: state, capacity: record.facts.capacity)
    closedBecause = record.cordon?.description
    taints = record.taints ?? []
    takeFacts(of: record)
  }

  /// What its agent tells of the host.
  mutating func takeFacts(of record: HostRecord) {
    capacity = record.facts.capacity
    labels = record.labels
    exclusiveCores = record.facts.exclusiveCores
    countables = record.facts.countables ?? Countables()
    controllers = record.facts.controllers
  }
}
