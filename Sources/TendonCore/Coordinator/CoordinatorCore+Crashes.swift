// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Instances that their hosts keep failing are tried elsewhere.
extension CoordinatorCore {
  private var crashMoves: CrashMoves { CrashMoves(settings.disruption) }

  /// A report came: whether its host keeps failing the instance.
  mutating func noteCrash(
    _ status: PlacementStatus, before: PlacementStatus?, entry: PlacementEntry, now: Now
  ) {
    let instance = entry.placement.instance
    // Jobs count their tries themselves, and daemons are bound to their hosts.
    guard let service = services[instance.service], !service.record.isDeleted,
      service.record.spec.workload.kind == .service, !entry.isStopping,
      !service.record.spec.needsNewProcesses(comparedTo: entry.placement.spec)
    else { return }
    // After our own restart every agent tells everything again: that is no further failure.
    if before == nil, entry.isRemembered, status.phase == .failed { return }
    var failures = troubles(of: instance)?.failures ?? []
    let isNew = crashMoves.note(
      status, before: before, on: entry.placement.host, in: &failures, at: now.wall)
    changeTroubles(of: instance) { $0.failures = failures }
    guard isNew, crashVerdict(of: entry.placement.epoch, now: now) == .failsEverywhere else {
      return
    }
    let hosts = crashMoves.failingHosts(failures, at: now.wall)
    emit(
      .error, "fails-everywhere", instance: instance, host: entry.placement.host, now: now,
      "Fails on \(words(hosts)), and stays on \(entry.placement.host), where it is started again with its backoff. "
        + "The last time: \(status.lastExit?.summary ?? status.message).")
  }

  /// What is to become of a copy that runs what is wanted. While the brake is on it may be the network that fails
  /// everybody, so nothing is moved for it.
  func crashVerdict(of epoch: Epoch, now: Now) -> CrashMoves.Verdict {
    guard let entry = placements[epoch], let status = entry.status, crashMoves.isFailing(status),
      !brake.isOn, services[entry.placement.instance.service]?.record.spec.workload.kind == .service
    else { return .fine }
    let instance = entry.placement.instance
    return crashMoves.verdict(
      status, on: entry.placement.host, troubles(of: instance)?.failures ?? [], at: now.wall
    ) {
      var trial = engine
      do throws(PlacementRefusal) {
        _ = try trial.choose(for: demand(of: instance), context: context(for: instance, now: now))
        return true
      } catch { return false }
    }
  }

  /// What the instance needs from a host.
  func demand(of instance: InstanceID) -> PlacementDemand {
    let service = services[instance.service]!
    return PlacementDemand(
      of: service.record.spec, resources: service.resources(of: instance.slot))
  }

  /// The hosts that the instance is kept from, with how it failed there.
  func failingHosts(of instance: InstanceID, now: Now) -> [HostID: String] {
    let failures = troubles(of: instance)?.failures ?? []
    var hosts: [HostID: String] = [:]
    for host in crashMoves.failingHosts(failures, at: now.wall) {
      let how = failures.first { $0.host == host }?.reason ?? "unknown"
      hosts[host] = "keeps failing it (\(how))"
    }
    return hosts
  }

  /// Forgets what is too long ago.
  mutating func forgetOldFailures(of instance: InstanceID, now: Now) {
    changeTroubles(of: instance) { troubles in
      troubles.failures.removeAll { now.wall - $0.at > CrashMoves.memory }
    }
  }

  /// Which hosts fail it, for people.
  func crashEvidence(_ instance: InstanceID) -> [String] {
    let failures = troubles(of: instance)?.failures ?? []
    var lines = failures.map { failure in
      failure.isProven
        ? "\(failure.host) keeps failing it, the last time at \(failure.at): \(failure.reason)"
        : "it could not be started on \(failure.host) at \(failure.at): \(failure.reason)"
    }
    let proven = failures.filter(\.isProven).map(\.host)
    if proven.count >= settings.disruption.crashHosts {
      lines.append(
        "it fails on \(words(proven)): it is not tried on further hosts before one of these is "
          + "\(CrashMoves.memory) ago, a changed spec is applied, or tendon release \(instance)")
    }
    return lines
  }

  private func words(_ hosts: [HostID]) -> String {
    guard let last = hosts.last else { return "no host" }
    let others = hosts.dropLast().map(\.description)
    return others.isEmpty ? "\(last)" : "\(others.joined(separator: ", ")) and \(last)"
  }
}
