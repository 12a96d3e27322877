// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What commands, hosts and the clock mean for jobs, daemons and crons.
extension CoordinatorCore {
  /// Time passed: schedules, deadlines and the ends of `keep`.
  mutating func lookAtWork(now: Now) {
    // After a step back, what was to be looked at later may be much later.
    if let lastWall, now.wall + .seconds(60) < lastWall { dirtyServices.formUnion(workLooks.keys) }
    lastWall = now.wall
    for (name, time) in workLooks where time <= now.wall {
      workLooks[name] = nil
      dirtyServices.insert(name)
    }
  }

  /// A host joined, or came with other labels.
  mutating func labelsMayDiffer() {
    for (name, service) in services {
      let spec = service.record.$spec.wrappedValue
      if spec.workload.kind == .daemon || spec.choosesHosts { dirtyServices.insert(name) }
    }
  }

  /// One slot for each host that matches.
  mutating func settleDaemon(_ name: ServiceName, now: Now) {
    guard let service = services[name] else { return }
    let spec = service.record.spec
    let matching = hosts.values.filter { spec.suits($0.record.labels) }.map(\.record.id)
    let current = service.record.daemonSlots ?? [:]
    let slots = DaemonPlan.slots(
      current: current, hosts: matching.map(\.rawValue).sorted(), taken: Set(service.slots.keys))
    if slots != current {
      services[name]!.record.daemonSlots = slots
      outbox.changedRuns.insert(name)
      outbox.touchedServices.insert(name)
    }
    let owners = Dictionary(uniqueKeysWithValues: matching.map { (slots[$0.rawValue]!, $0) })
    for (slot, epochs) in service.slots {
      for epoch in epochs.sorted() {
        guard let host = placements[epoch]?.placement.host, owners[slot] != host else { continue }
        stop(epoch, because: strangerReason(host, spec))
      }
    }
    for slot in service.pending.keys where owners[slot] == nil {
      setPending(InstanceID(service: name, slot: slot), nil, now: now)
    }
    var mayRoll = !isRolling(name)
    for (slot, host) in owners.sorted(by: { $0.key < $1.key }) {
      let instance = InstanceID(service: name, slot: slot)
      if detector.state(of: host) == .down {
        // It belongs to this host: it is nowhere else until the host is back.
        setPending(instance, nil, now: now)
      } else {
        settle(instance, only: host, mayRoll: &mayRoll, now: now)
      }
    }
  }

  private func strangerReason(_ host: HostID, _ spec: ServiceSpec) -> String {
    guard let load = engine.facts(of: host) else { return "\(host) is no longer known" }
    let why =
      PlacementFilter.labelRefusals(of: spec.workload.hosts, by: load)
      + spec.placement.constraints.compactMap { $0.refusal(of: load.labels) }
    return why.isEmpty
      ? "a daemon has one instance on each host"
      : "\(host) no longer matches: \(why.joined(separator: ", "))"
  }

  /// Begins a run by hand: of a job that is not running, or of a cron whatever its schedule says.
  package mutating func run(_ name: ServiceName, now: Now) throws(APIError) -> String {
    guard let service = services[name], !service.record.isDeleted else { throw noService(name) }
    let workload = service.record.spec.workload
    let active = service.record.runs?.active ?? []
    switch workload.kind {
    case .service, .daemon:
      throw APIError(
        code: .conflict,
        message: "\(name) is a \(workload.kind.rawValue), which runs all the time; "
          + "run is for jobs and crons")
    case .job:
      if let run = active.first {
        throw APIError(
          code: .conflict,
          message: "run \(run.number) of \(name) is still under way; "
            + "wait for its end, or delete the job to end it")
      }
    case .cron:
      if let cron = workload.cron, let why = makeWay(for: "a run by hand", name, cron, now: now) {
        throw APIError(code: .conflict, message: "\(name) was not run: \(why)")
      }
    }
    beginRun(of: name, .manual, now: now)
    settle(now: now)
    return progress(of: name)
  }

  /// Refuses crons in time zones that the coordinator's machine does not have.
  func checkTimeZones(of specs: [ServiceSpec]) throws(APIError) {
    let details = specs.compactMap { spec -> ErrorDetail? in
      guard let zone = spec.workload.cron?.timeZone, timeZones[zone] == nil else { return nil }
      return ErrorDetail(
        subject: "cron.time_zone",
        message: "\(spec.name): the coordinator's machine has no time zone \(zone)")
    }
    guard details.isEmpty else {
      throw APIError(
        code: .badRequest,
        message: "a time zone is not known; nothing was applied. "
          + "Check its name, and that tzdata is installed where the coordinator runs",
        details: details)
    }
  }

  /// A new spec is in place of `old` (nil when the service is new).
  /// - Returns: what it means for work that is under way, in a sentence; nil when it says itself.
  mutating func workChanged(_ name: ServiceName, from old: ServiceSpec?, now: Now) -> String? {
    guard let spec = services[name]?.record.spec else { return nil }
    let isSameKind = old?.workload.kind == spec.workload.kind
    if !isSameKind {
      endRuns(of: name, because: "it became a \(spec.workload.kind.rawValue)", now: now)
      services[name]!.record.daemonSlots = nil
      services[name]!.nextRun = nil
      workLooks[name] = nil
    }
    switch spec.workload.kind {
    case .service, .daemon:
      if !isSameKind { services[name]!.record.runs = nil }
      return nil
    case .cron:
      let cron = spec.workload.cron
      let before = old?.workload.cron
      if cron?.schedule != before?.schedule || cron?.timeZone != before?.timeZone {
        services[name]!.nextRun = nil
        setLastScheduled(now.wall, of: name)
      }
      return old == nil ? nil : "Later runs are as it says; a run under way goes on."
    case .job: return jobChanged(name, from: isSameKind ? old : nil, now: now)
    }
  }

  private mutating func jobChanged(
    _ name: ServiceName, from old: ServiceSpec?, now: Now
  ) -> String? {
    let spec = services[name]!.record.spec
    guard let old else {
      beginRun(of: name, .applied, now: now)
      return nil
    }
    let isNewWork =
      spec.needsNewProcesses(comparedTo: old)
      || spec.workload.jobSettings.completions != old.workload.jobSettings.completions
    guard let run = services[name]!.record.runs?.active.first else {
      // What only says how long to keep it, or how to find it, is no reason to do it again.
      var same = spec
      same.labels = old.labels
      same.workload.job = old.workload.job
      guard isNewWork || same != old || !isLikeJob(spec, old) else {
        return "It has run already, and is not run again."
      }
      beginRun(of: name, .applied, now: now)
      return "It had ended, and is run anew."
    }
    guard isNewWork else { return "Run \(run.number) goes on." }
    endRuns(of: name, because: "its spec changed", now: now)
    beginRun(of: name, .applied, now: now)
    return "Run \(run.number) is ended, and then it is run anew."
  }

  private func isLikeJob(_ spec: ServiceSpec, _ old: ServiceSpec) -> Bool {
    var job = spec.workload.jobSettings
    job.keep = old.workload.jobSettings.keep
    return job == old.workload.jobSettings
  }

  private mutating func endRuns(of name: ServiceName, because reason: String, now: Now) {
    for run in services[name]?.record.runs?.active ?? [] {
      finishRun(
        run.number, of: name, .replaced, event: "run-replaced", because: reason, now: now)
    }
  }
}
