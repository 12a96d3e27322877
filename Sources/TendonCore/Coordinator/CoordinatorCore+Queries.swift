// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What users look at. None of it changes anything.
extension CoordinatorCore {
  package func serviceViews() -> [ServiceView] {
    services.keys.sorted().compactMap(serviceView)
  }

  package func serviceView(_ name: ServiceName) -> ServiceView? {
    guard let service = services[name], !service.record.isDeleted else { return nil }
    // Counted without making each instance's view: a service may have thousands, and this is asked for again and again.
    var (running, ready, pending) = (0, 0, 0)
    for slot in service.wantedSlots {
      let shown = shownPlacement(service.slots[slot] ?? [])
      switch state(of: slot, shown, in: service) {
      case .running:
        running += 1
        if shown?.status?.isReady ?? true { ready += 1 }
      case .pending: pending += 1
      default: break
      }
    }
    return ServiceView(
      spec: service.record.spec, revision: service.record.revision, running: running, ready: ready,
      pending: pending,
      overrides: Dictionary(
        uniqueKeysWithValues: service.record.overrides.map { (String($0.key), $0.value) }),
      work: workView(of: service))
  }

  /// Every instance that is wanted or of which something is left.
  package func instanceViews(of service: ServiceName? = nil) -> [InstanceView] {
    let names = service.map { [$0] } ?? services.keys.sorted()
    return names.flatMap { name in
      guard let entry = services[name] else { return [InstanceView]() }
      let slots = Set(entry.wantedSlots).union(entry.slots.keys)
      return slots.sorted().compactMap { instanceView(InstanceID(service: name, slot: $0)) }
    }
  }

  package func instanceView(_ id: InstanceID) -> InstanceView? {
    guard let service = services[id.service] else { return nil }
    let epochs = service.slots[id.slot] ?? []
    guard service.wants(id.slot) || !epochs.isEmpty else { return nil }
    let shown = shownPlacement(epochs)
    let host = shown?.placement.host
    let run = shown.flatMap { service.run(of: $0.placement) }
    var view = InstanceView(
      id: id, state: state(of: id.slot, shown, in: service), host: host,
      address: host.flatMap { hosts[$0]?.record.facts.address }, epoch: shown?.placement.epoch,
      resources: shown?.placement.resources ?? service.resources(of: id.slot),
      status: shown?.status, cpuMilli: shown?.health?.cpuMilli,
      memoryBytes: shown?.health?.memoryBytes, placements: epochs.count,
      message: message(for: shown, pending: service.pending[id.slot]),
      kind: service.record.spec.workload.kind,
      run: run?.number)
    view.reservation = shown?.placement.reservation
    view.isLent = shown?.placement.isLent
    view.quarantinedAt = service.record.troubles?[id.slot]?.quarantinedAt
    return view
  }

  package func hostViews(now: Now) -> [HostView] {
    hosts.keys.sorted().compactMap { hostView($0, now: now) }
  }

  package func hostView(_ id: HostID, now: Now) -> HostView? {
    guard let entry = hosts[id], let load = engine.facts(of: id) else { return nil }
    var view = HostView(
      id: id, state: load.state, facts: entry.record.facts,
      reservedCPU: load.reservedCPU, reservedMemory: load.reservedMemory,
      instances: entry.epochs.count, usage: entry.usage,
      silentMilliseconds: detector.silence(of: id, now: now.monotonic)?.wholeMilliseconds,
      roundTripMicroseconds: entry.roundTripMicroseconds, isConnected: entry.openStream != nil,
      message: message(of: entry), conditions: conditionTexts(of: id))
    view.cordon = entry.record.cordon
    view.taints = entry.record.taints
    view.held = entry.record.flaps.flatMap { flaps in
      flaps.heldUntil.map { HostHold(until: $0, downs: flaps.downs) }
    }
    view.drain = progress(of: id)
    view.reservations = holdViews(of: id)
    return view
  }

  /// Why it is in its state, and what an operator said or has to say.
  private func message(of entry: HostEntry) -> String {
    let id = entry.record.id
    var parts = [detector.cause(of: id) ?? ""].filter { !$0.isEmpty }
    if brake.held.contains(id) { parts.append(brake.reason) }
    if let at = entry.record.confirmedDownAt {
      parts.append("confirmed down by an operator at \(at)")
    }
    if let reason = entry.record.flaps?.closedBecause(settings.disruption) { parts.append(reason) }
    return parts.joined(separator: "; ")
  }

  package func events(_ filter: EventFilter) -> [ClusterEvent] { eventLog.matching(filter) }

  /// The placement that answers for the instance: what `limits` and `logs` ask after.
  package func placement(of id: InstanceID) -> DesiredPlacement? {
    services[id.service].flatMap { shownPlacement($0.slots[id.slot] ?? [])?.placement }
  }

  package func placement(_ epoch: Epoch) -> DesiredPlacement? { placements[epoch]?.placement }

  package func status(of epoch: Epoch) -> PlacementStatus? { placements[epoch]?.status }

  /// Of several placements: a running one before others, then the newest.
  func shownPlacement(_ epochs: EpochSet) -> PlacementEntry? {
    if epochs.count < 2 { return epochs.first.flatMap { placements[$0] } }
    return epochs.compactMap { placements[$0] }.max { left, right in
      (rank(left), left.placement.epoch) < (rank(right), right.placement.epoch)
    }
  }

  private func rank(_ entry: PlacementEntry) -> Int {
    if detector.state(of: entry.placement.host) == .down { return entry.isStopping ? 0 : 1 }
    if entry.isStopping { return 2 }
    if entry.status?.isReady == true { return 5 }
    return entry.status?.phase == .running ? 4 : 3
  }

  private func state(
    of slot: Int, _ shown: PlacementEntry?, in service: ServiceEntry
  ) -> InstanceView.State {
    let state = state(of: shown, pending: service.pending[slot])
    guard state == .lost || state == .unknown, let shown else { return state }
    // What is done is durable, whatever became of its host or is known of it so far.
    let run = service.run(of: shown.placement)
    return run?.done.contains(slot) == true ? .ended : state
  }

  private func state(of shown: PlacementEntry?, pending: String?) -> InstanceView.State {
    guard let shown else { return .pending }
    if detector.state(of: shown.placement.host) == .down { return .lost }
    if shown.isStopping { return pending == nil ? .stopping : .pending }
    return switch shown.status?.phase {
    case nil: shown.isRemembered ? .unknown : .starting
    case .starting: .starting
    case .running: .running
    case .waiting: .waiting
    case .stopping: .stopping
    case .ended: .ended
    case .failed: .failed
    }
  }

  private func message(for shown: PlacementEntry?, pending: String?) -> String {
    if let pending { return pending }
    guard let shown else { return "is about to be placed" }
    if let reason = shown.record.stopReason { return "stopping: \(reason)" }
    let host = shown.placement.host
    if detector.state(of: host) == .down {
      return "\(host) is down: \(detector.cause(of: host) ?? "")"
    }
    if let message = shown.status?.message, !message.isEmpty { return message }
    return shown.status == nil ? "\(host) has not reported yet" : ""
  }

  /// What the cluster does about a service, in a sentence.
  func progress(of name: ServiceName) -> String {
    guard let service = services[name] else { return "is gone" }
    if let work = workView(of: service) { return progress(of: service, work) }
    let replicas = service.record.spec.replicas
    guard let (slot, reason) = service.pending.min(by: { $0.key < $1.key }) else {
      let wanted = service.slots.values.joined().compactMap { placements[$0] }
      let used = Set(wanted.filter { !$0.isStopping }.map(\.placement.host))
      return "\(counted(replicas, "replica")) on \(counted(used.count, "host"))"
    }
    return "\(service.pending.count) of \(replicas) replicas wait for a host; "
      + "\(name).\(slot) \(reason)"
  }

  private func progress(of service: ServiceEntry, _ work: WorkView) -> String {
    var message = work.message
    if let next = work.nextRun { message += "; next run at \(next)" }
    if let (slot, reason) = service.pending.min(by: { $0.key < $1.key }) {
      message += "; \(service.record.spec.name).\(slot) \(reason)"
    }
    return message
  }
}
