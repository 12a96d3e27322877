// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// All placements of one host: turns the coordinator's lines into events of single lifecycles, and knows what
/// has to be reported.
///
/// Losing the stream is no event here: desired state is what was last heard, for as long as it takes.
package struct AgentCore: Sendable {
  /// One action of one placement.
  package struct Order: Hashable, Sendable {
    package var epoch: Epoch
    package var action: LifecycleAction

    package init(epoch: Epoch, action: LifecycleAction) {
      self.epoch = epoch
      self.action = action
    }
  }

  private struct Farewell: Sendable {
    var status: PlacementStatus
    /// Whether it was seen among what is to be reported; when it is there no more, it was confirmed.
    var isQueued = false
  }

  package let host: HostID
  /// The newest revision of the desired state whose orders have been given.
  package private(set) var appliedRevision = Revision(0)
  /// Grows whenever a placement comes, goes or is desired anew.
  package private(set) var version: UInt64 = 0
  package var reports = ReportQueue()
  /// What is wrong with the host itself, by a stable word: told to the coordinator until it is over.
  package private(set) var conditions: [String: String] = [:]
  private var lifecycles: [Epoch: InstanceLifecycle] = [:]
  private var board = GlanceBoard()
  private var epochsByInstance: [InstanceID: Set<Epoch>] = [:]
  /// Placements that are gone: an epoch is never revived. The oldest are dropped past a bound, by when no
  /// coordinator speaks of them any more.
  private var gone = BoundedSet<Epoch>(capacity: 4096)
  /// What is last to be said of placements that are gone: how they ended is told with their removal.
  private var farewells: [Epoch: Farewell] = [:]
  private var generator: any RandomNumberGenerator & Sendable

  package init(
    host: HostID,
    generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    self.host = host
    self.generator = generator
  }

  /// All placements as heartbeats tell them, in the order of their epochs.
  package var glances: [InstanceGlance] { board.all }

  /// All placements that are here.
  package var epochs: Set<Epoch> { Set(lifecycles.keys) }

  /// In the order of their epochs. Costly with many placements: where a glance is enough, take `glances`.
  package var memories: [PlacementMemory] {
    lifecycles.values.map(\.memory).sorted { $0.desired.epoch < $1.desired.epoch }
  }

  /// The placements of one instance that are here: more than one while one comes and another goes.
  package func epochs(of instance: InstanceID) -> Set<Epoch> { epochsByInstance[instance] ?? [] }

  /// - Parameter message: nil: it is over.
  package mutating func setCondition(_ name: String, _ message: String?) {
    guard conditions[name] != message else { return }
    conditions[name] = message
    reports.conditionsChanged()
  }

  package func memory(of epoch: Epoch) -> PlacementMemory? { lifecycles[epoch]?.memory }

  /// Whether the answer to a probe's attempt is still waited for.
  package func expects(_ attempt: ProbeAttempt, of epoch: Epoch) -> Bool {
    lifecycles[epoch]?.expects(attempt) ?? false
  }

  /// Takes a placement from its record; `handle` tells afterwards what became of it.
  package mutating func restore(_ memory: PlacementMemory) {
    version += 1
    lifecycles[memory.desired.epoch] = InstanceLifecycle(restoring: memory)
    board.set(InstanceGlance(memory))
    epochsByInstance[memory.desired.instance, default: []].insert(memory.desired.epoch)
  }

  /// Something happened to a placement. One that is not known any more is nobody's: its exits are
  /// acknowledged, everything else about it is over.
  package mutating func handle(_ event: LifecycleEvent, of epoch: Epoch, now: Now) -> [Order] {
    guard var lifecycle = lifecycles.removeValue(forKey: epoch) else {
      guard case .exited(let process, _) = event else { return [] }
      return [Order(epoch: epoch, action: .acknowledgeExit(process))]
    }
    let actions = lifecycle.handle(event, now: now, using: &generator)
    if lifecycle.isGone {
      version += 1
      gone.insert(epoch)
      let instance = lifecycle.memory.desired.instance
      epochsByInstance[instance]?.remove(epoch)
      if epochsByInstance[instance]?.isEmpty == true { epochsByInstance[instance] = nil }
      farewells[epoch] = Farewell(status: lifecycle.memory.status)
      board.remove(epoch)
    } else {
      board.set(InstanceGlance(lifecycle.memory))
      lifecycles[epoch] = lifecycle
    }
    return actions.map { Order(epoch: epoch, action: $0) }
  }

  /// The first line of a session: everything the host should run. What is not in it is stopped.
  package mutating func snapshot(
    revision: Revision, placements: [DesiredPlacement], now: Now
  ) -> [Order] {
    let wanted = Set(placements.map(\.epoch))
    let surplus = lifecycles.keys.filter { !wanted.contains($0) }.sorted()
    var orders: [Order] = []
    for epoch in surplus { orders += handle(.stopAsked, of: epoch, now: now) }
    for placement in placements { orders += upsert(placement, now: now) }
    appliedRevision = revision
    return orders
  }

  /// What changed since the line before.
  package mutating func delta(
    revision: Revision, upserts: [DesiredPlacement], removals: [Epoch], now: Now
  ) -> [Order] {
    var orders: [Order] = []
    for epoch in removals {
      if lifecycles[epoch] == nil {
        // Never heard of, or gone: nothing is left of it here, which is what is asked.
        orders.append(Order(epoch: epoch, action: .reportRemoved))
      } else {
        orders += handle(.stopAsked, of: epoch, now: now)
      }
    }
    for placement in upserts { orders += upsert(placement, now: now) }
    appliedRevision = revision
    return orders
  }

  private mutating func upsert(_ placement: DesiredPlacement, now: Now) -> [Order] {
    let epoch = placement.epoch
    version += 1
    if lifecycles[epoch] != nil { return handle(.desired(placement), of: epoch, now: now) }
    guard !gone.contains(epoch) else { return [Order(epoch: epoch, action: .reportRemoved)] }
    lifecycles[epoch] = InstanceLifecycle(desired: placement)
    epochsByInstance[placement.instance, default: []].insert(epoch)
    return handle(.begin, of: epoch, now: now)
  }

  /// The next report to send in the open session; nil when there is nothing new, no session, or one is
  /// on its way.
  package mutating func nextReport() -> AgentReport? {
    for (epoch, farewell) in farewells {
      if reports.concerns(epoch) {
        farewells[epoch]!.isQueued = true
      } else if farewell.isQueued {
        farewells[epoch] = nil
      }
    }
    // Copies of the references only: the queue is changed while it asks for statuses.
    let (lifecycles, farewells) = (lifecycles, farewells)
    return reports.next(appliedRevision: appliedRevision, conditions: conditions) { epoch in
      guard let epoch else {
        return (lifecycles.values.map(\.memory.status) + farewells.values.map(\.status))
          .sorted { $0.epoch < $1.epoch }
      }
      return [lifecycles[epoch]?.memory.status ?? farewells[epoch]?.status].compactMap { $0 }
    }
  }
}
