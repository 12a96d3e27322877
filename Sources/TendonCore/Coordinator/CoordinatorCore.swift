// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// The coordinator's decisions: the whole cluster in memory, changed by events, with no clock, randomness or I/O of its own.
///
/// The shell calls one method per event, then `drain()`, commits what that returns, and only then answers and sends. The
/// core is a value: where a commit fails, the shell puts the value from before the events back.
package struct CoordinatorCore: Sendable {
  package let settings: CoordinatorSettings
  /// Grows with each start of a coordinator on the same store.
  package let coordinatorEpoch: UInt64
  /// The last drained revision.
  package internal(set) var revision: Revision

  var nextEpoch: Epoch
  var hosts: [HostID: HostEntry] = [:]
  var services: [ServiceName: ServiceEntry] = [:]
  var placements = EpochTable<PlacementEntry>()
  /// Those that have to end.
  var stopping: Set<Epoch> = []
  /// Chooses hosts. It alone knows what is reserved on each; the state of hosts in it follows the detector.
  var engine: PlacementEngine
  var detector: FailureDetector
  /// What the detector wants to be sent; not part of any commit.
  var probes: [ProbeOrder] = []
  var brake = MassFailureBrake()
  var pace: MovePace
  /// Hosts that were given up without having been heard since this coordinator started, and that something ran on.
  var unheardHosts: Set<HostID> = []
  /// Hosts that are being drained.
  var draining: Set<HostID> = []
  /// Those of them on which something has changed since they were looked at.
  var changedDrains: Set<HostID> = []
  /// When all of them are looked at again, changed or not.
  var nextDrainLook: MonotonicTime?
  /// The earliest time at which a failed slot may be placed again; nil: none waits for its time.
  var nextBackoffEnd: MonotonicTime?
  /// Services that something is held back of.
  var heldServices: Set<ServiceName> = []
  var nextHeldLook: MonotonicTime?
  /// The clock at the last tick.
  var lastTick: MonotonicTime?
  /// Services that have something held against an instance.
  var troubledServices: Set<ServiceName> = []
  var nextTroubleLook: MonotonicTime?
  /// Hosts that have been down lately.
  var flappingHosts: Set<HostID> = []
  var nextHoldLook: MonotonicTime?
  /// When this coordinator started.
  let startedAt: MonotonicTime
  /// When services have to be looked at for the end of a lease.
  var fenceLooks: [ServiceName: MonotonicTime] = [:]
  /// Hosts that became suspect and whose leases have not ended yet.
  var leaseLooks: Set<HostID> = []
  var reservations: [ReservationName: ReservationEntry] = [:]
  /// Whether something happened for which one may have to be held elsewhere.
  var reservationsMayDiffer = true
  /// When, by the wall clock, the next begins or ends.
  var nextReservationLook: Timestamp?
  var eventLog: EventLog
  var outbox = Outbox()
  /// Services that may have instances without a host.
  var waitingServices: Set<ServiceName> = []
  /// Services to look at before the current event is done.
  var dirtyServices: Set<ServiceName> = []
  /// Single slots of others to look at: what was reported of their copies, or left of them, is all that has changed.
  var dirtySlots: [ServiceName: Set<Int>] = [:]
  /// When a job or a cron has to be looked at next, by the wall clock: a schedule's time, a deadline, the end of `keep`.
  var workLooks: [ServiceName: Timestamp] = [:]
  /// The wall clock at the last tick.
  var lastWall: Timestamp?
  /// Copies that leave their hosts only to balance the load, with where they go; forgotten with this coordinator.
  var rebalancing: [Epoch: HostID] = [:]
  var balanceWatch = BalanceWatch()
  /// Gangs that were found not to fit in the event that is being settled, with why not.
  var gangRefusals: [String: String] = [:]
  /// The time zones of the crons; the shell reads them.
  var timeZones: [String: TimeZoneRules] = ["UTC": .utc]

  /// Takes up what the store holds. Every host starts as suspect and has `startGrace` to be heard.
  package init(
    stored: StoredState, settings: CoordinatorSettings, coordinatorEpoch: UInt64, now: Now
  ) {
    self.settings = settings
    self.coordinatorEpoch = coordinatorEpoch
    revision = stored.revision
    nextEpoch = stored.nextEpoch
    detector = FailureDetector(
      settings: settings.detection, interval: settings.heartbeatInterval.duration)
    startedAt = now.monotonic
    pace = MovePace(settings.disruption)
    engine = PlacementEngine(settings: settings.placement)
    eventLog = EventLog(events: stored.events, limit: settings.keptEvents)
    for record in stored.hosts {
      let entry = HostEntry(record: record, desiredRevision: stored.revision)
      hosts[record.id] = entry
      var facts = PlacementHost(record, state: .suspect)
      if record.flaps != nil {
        flappingHosts.insert(record.id)
        facts.closedBecause = entry.closedBecause(settings.disruption)
      }
      engine.put(facts)
      if record.cordon?.drain?.isDone == false { draining.insert(record.id) }
      detector.hostRemembered(record.id, now: now.monotonic)
      leaseLooks.insert(record.id)
    }
    for record in stored.services {
      services[record.spec.name] = ServiceEntry(record: record)
      if record.troubles != nil { troubledServices.insert(record.spec.name) }
    }
    for record in stored.reservations {
      reservations[record.reservation.name] = ReservationEntry(record)
    }
    loadHolds(on: Set(stored.reservations.flatMap(\.holds).map(\.host)))
    for record in stored.placements {
      insert(PlacementEntry(record: record, isRemembered: true))
    }
    dirtyServices = Set(services.keys)
  }

  /// The revision that the next commit will have.
  var upcomingRevision: Revision { revision.next }

  /// Takes out everything that the events since the last call brought about.
  package mutating func drain() -> CoordinatorStep {
    var commit: StoreCommit?
    // Once for each service, however much happened to its runs.
    for name in outbox.changedRuns.sorted() {
      if let service = services[name] { outbox.changes.append(.putService(service.record)) }
    }
    let before = revision
    if !outbox.changes.isEmpty {
      revision = upcomingRevision
      commit = StoreCommit(revision: revision, nextEpoch: nextEpoch, changes: outbox.changes)
    }
    let step = CoordinatorStep(
      commit: commit, deltas: takeDeltas(after: before), newestRevisions: takeNewestRevisions(),
      endedSessions: outbox.endedSessions, touchedServices: outbox.touchedServices,
      touchedInstances: outbox.touchedInstances, touchedHosts: outbox.touchedHosts,
      touchedReservations: outbox.touchedReservations, touchedEpochs: outbox.touchedEpochs,
      events: outbox.events)
    outbox = Outbox()
    return step
  }

  /// The most placements of one line. An agent begins with a line once it has read all of it, so that with more it starts
  /// the first later; with fewer each costs a line's own bytes and calls more often.
  static var placementsPerLine: Int { 64 }

  private mutating func takeDeltas(
    after before: Revision
  ) -> [(host: HostID, line: AgentStreamLine)] {
    outbox.changedEpochs.sorted { $0.key < $1.key }.flatMap { host, epochs in
      hosts[host]?.desiredRevision = revision
      guard hosts[host]?.openStream != nil else { return [(host: HostID, line: AgentStreamLine)]() }
      var upserts: [DesiredPlacement] = []
      var removals: [Epoch] = []
      for epoch in epochs.sorted() {
        if let entry = placements[epoch], !entry.isStopping {
          upserts.append(entry.placement)
        } else {
          removals.append(epoch)
        }
      }
      return lines(revision, after: before, upserts, removals).map { (host, $0) }
    }
  }

  /// Only the last line carries the new revision: before it not all is known that belongs to it.
  private func lines(
    _ revision: Revision, after before: Revision, _ upserts: [DesiredPlacement], _ removals: [Epoch]
  ) -> [AgentStreamLine] {
    var lines: [AgentStreamLine] = []
    var (rest, removals) = (upserts[...], removals)
    while rest.count > Self.placementsPerLine {
      let part = Array(rest.prefix(Self.placementsPerLine))
      lines.append(.delta(revision: before, upserts: part, removals: removals))
      rest = rest.dropFirst(part.count)
      removals = []
    }
    lines.append(.delta(revision: revision, upserts: Array(rest), removals: removals))
    return lines
  }

  private mutating func takeNewestRevisions() -> [HostID: Revision] {
    var newest: [HostID: Revision] = [:]
    for host in Set(outbox.changedEpochs.keys).union(outbox.openedHosts) {
      newest[host] = hosts[host]?.desiredRevision
    }
    return newest
  }
}

/// What has happened since the last `drain`.
struct Outbox: Sendable {
  var changes: [StoreChange] = []
  var events: [ClusterEvent] = []
  /// Placements that agents have to hear about, by host.
  var changedEpochs: [HostID: Set<Epoch>] = [:]
  /// Services of whose record only the runs, or a daemon's slots, changed.
  var changedRuns: Set<ServiceName> = []
  var openedHosts: Set<HostID> = []
  var endedSessions: [UInt32] = []
  var touchedServices: Set<ServiceName> = []
  var touchedInstances: Set<InstanceID> = []
  var touchedHosts: Set<HostID> = []
  var touchedReservations: Set<ReservationName> = []
  var touchedEpochs: Set<Epoch> = []
}
