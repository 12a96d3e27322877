// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Explanations: the state of one thing, the facts behind it, and the events that led there.
extension CoordinatorCore {
  /// Explains an instance (`web.0`), a service or a host.
  package func why(_ subject: String, now: Now) throws(APIError) -> WhyView {
    if let id = try? InstanceID(subject), let view = instanceView(id) {  // not an instance: go on
      return why(view, now: now)
    }
    if let name = try? ServiceName(subject), let view = serviceView(name) {  // likewise
      return why(view)
    }
    if let id = try? HostID(subject), let view = hostView(id, now: now) {  // likewise
      return why(view, now: now)
    }
    if let name = try? ReservationName(subject), reservations[name] != nil {  // likewise
      return try why(name, now: now)
    }
    throw APIError(
      code: .notFound,
      message: "there is no instance, service, host or reservation \(subject); "
        + "an instance is written SERVICE.SLOT, such as web.0")
  }

  private func why(_ view: InstanceView, now: Now) -> WhyView {
    var evidence: [String] = []
    if let host = view.host {
      let cause = detector.cause(of: host).map { " (\($0))" } ?? ""
      evidence.append(
        "host: \(host), \(engine.facts(of: host)?.state.rawValue ?? "unknown")\(cause)")
    }
    if let epoch = view.epoch { evidence.append("epoch: \(epoch)") }
    if let reservation = view.reservation {
      evidence.append(
        view.isLent == true
          ? "uses room that the reservation \(reservation) lends: it has to leave when that is needed"
          : "draws on the reservation \(reservation), so its memory request is guaranteed")
    }
    if services[view.id.service]?.record.spec.fence == true {
      evidence.append(
        "fenced: it is killed where no heartbeat was acknowledged for \(settings.lease), and placed elsewhere "
          + "\(Span(milliseconds: leaseTime.wholeMilliseconds)) after its host was last heard")
    }
    evidence += troubleEvidence(view.id)
    if let status = view.status {
      if let pid = status.pid { evidence.append("process: \(pid)") }
      if let startedAt = status.startedAt { evidence.append("started: \(startedAt)") }
      evidence.append("restarts: \(status.restarts)")
      evidence += healthEvidence(status)
      for knob in status.knobs where !knob.isInForce {
        evidence.append("\(knob.knob) is not in force: \(knob.note ?? "")")
      }
    }
    for epoch in (services[view.id.service]?.slots[view.id.slot] ?? []).sorted()
    where epoch != view.epoch {
      let other = placements[epoch]!
      evidence.append(
        "also on \(other.placement.host) (epoch \(epoch)): "
          + (other.record.stopReason.map { "stopping, \($0)" }
            ?? (epoch < view.epoch ?? epoch
              ? "kept until the newer one is ready"
              : "it takes over when it is ready; it is \(other.status?.phase.rawValue ?? "not there yet"): "
                + (other.status?.message ?? "\(other.placement.host) has not reported yet")))
      )
    }
    evidence += scoreEvidence(view.id, now: now)
    let message = view.message.isEmpty ? "" : ": \(view.message)"
    return WhyView(
      subject: view.id.description, summary: "\(view.id) is \(view.state.rawValue)\(message)",
      evidence: evidence, events: events(EventFilter(instance: view.id, limit: 20)))
  }

  private func why(_ view: ServiceView) -> WhyView {
    let name = view.spec.name
    var evidence = view.work.map { workEvidence(view, $0) } ?? []
    if let budget = disruptionBudget(of: name)?.evidence { evidence.append(budget) }
    evidence += instanceViews(of: name).prefix(50).map { instance in
      "\(instance.id): \(instance.state.rawValue)"
        + (instance.host.map { " on \($0)" } ?? "")
        + (instance.message.isEmpty ? "" : ": \(instance.message)")
    }
    return WhyView(
      subject: name.description,
      summary: view.work.map { workSummary(view, $0) }
        ?? "\(name) has \(view.running) of \(view.spec.replicas) replicas running",
      evidence: evidence, events: events(EventFilter(service: name, limit: 20)))
  }

  /// Explains a host: what its state rests on.
  package func why(_ host: HostID, now: Now) throws(APIError) -> WhyView {
    guard let view = hostView(host, now: now) else {
      throw APIError(code: .notFound, message: "there is no host \(host)")
    }
    return why(view, now: now)
  }

  private func why(_ view: HostView, now: Now) -> WhyView {
    let detection = detector.evidence(of: view.id, now: now.monotonic)
    var evidence = (detection.map { $0.lines } ?? []) + incarnationEvidence(view.id)
    evidence += [
      view.isConnected ? "its stream is open" : "its stream is closed",
      "reserved: \(view.reservedCPU) of \(view.facts.capacity.cpu) CPU, "
        + "\(view.reservedMemory.rounded) of \(view.facts.capacity.memory.rounded) memory",
      "instances: \(view.instances)",
    ]
    evidence += (view.reservations ?? []).map {
      "held: \($0.amount) for the reservation \($0.reservation), of which \($0.free) is not used"
    }
    if let taints = view.taints {
      evidence.append("taints: \(taints.map(\.description).joined(separator: ", "))")
    }
    if let cordon = view.cordon { evidence.append("\(cordon.description), since \(cordon.at)") }
    if let flaps = hosts[view.id]?.record.flaps {
      evidence.append(
        "went down \(counted(flaps.downs, "time")) lately, the last time at \(flaps.lastDownAt)")
    }
    if let reason = hosts[view.id]?.record.flaps?.closedBecause(settings.disruption) {
      evidence.append("\(reason); tendon host uncordon \(view.id) ends that")
    }
    if let drain = view.drain, drain.left > 0 {
      evidence.append(
        "still to leave: \(counted(drain.left, "instance")), \(drain.moving) of them on the way")
      evidence += drain.blocked.prefix(20).map { "can't leave: \($0)" }
    }
    evidence += view.conditions ?? []
    return WhyView(
      subject: view.id.description,
      summary: "\(view.id) is \(view.state.rawValue): \(view.message)", evidence: evidence,
      events: events(EventFilter(host: view.id, limit: 20)), detection: detection)
  }

  private func incarnationEvidence(_ host: HostID) -> [String] {
    guard let session = hosts[host]?.session else { return ["session: none since the start"] }
    let incarnation = session.incarnation
    return [
      "boot id: \(incarnation.bootID)",
      "agent started: \(Span(milliseconds: Int64(incarnation.agentStartedAt / 1_000_000))) after boot, "
        + "session \(session.id)",
    ]
  }

  private func healthEvidence(_ status: PlacementStatus) -> [String] {
    var evidence: [String] = []
    if let ready = status.ready, status.phase == .running {
      evidence.append(ready ? "ready: yes" : "ready: no, \(status.message)")
    }
    if let count = status.crashLoop {
      evidence.append("crash loop: \(count) ends in a row")
    }
    guard let exit = status.lastExit else { return evidence }
    evidence.append("last exit: \(exit.summary), at \(exit.at)")
    evidence += exit.details
    guard let lines = exit.lastLines, !lines.isEmpty else { return evidence }
    evidence.append("its last lines:")
    return evidence + lines.map { "  \($0)" }
  }
}
