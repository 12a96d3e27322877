// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Fenced instances: a new copy is placed only when no other can run any more.
extension CoordinatorCore {
  /// Why an instance that is fenced can't be placed yet; nil: it can, or is not fenced. What stands in its way on a host
  /// that is heard is asked to end.
  mutating func fenceRefusal(of instance: InstanceID, now: Now) -> String? {
    guard let service = services[instance.service] else { return nil }
    for epoch in (service.slots[instance.slot] ?? []).sorted() {
      guard let entry = placements[epoch],
        entry.placement.spec.fence || service.record.spec.fence
      else { continue }
      let host = entry.placement.host
      let isDown = isLost(entry, now: now)
      // Its program has ended; one that is being stopped may have left processes that are being killed.
      if entry.status?.phase.isFinal == true, isDown || !entry.isStopping { continue }
      if !isDown {
        if !entry.isStopping, let reason = makeWayRefusal(of: epoch) {
          return "it is fenced, its copy on \(host) has to be gone first, and \(reason)"
        }
        stop(epoch, because: "it is fenced: the copy in its place starts when it is gone")
        return "it is fenced, and its copy on \(host) has to be gone first"
      }
      // Somebody who knows says that nothing runs there.
      if hosts[host]?.record.confirmedDownAt != nil { continue }
      // A host ends by its lease only what was fenced when it was placed there.
      guard entry.placement.spec.fence else {
        return
          "it is fenced, and its copy on \(host) is from before it was, which no lease ends: it waits until "
          + "\(host) is back, or until `tendon host confirm-down \(host)` says that it is dead"
      }
      let end = leaseEnd(of: host)
      if now.monotonic >= end { continue }
      fenceLooks[instance.service] = min(end, fenceLooks[instance.service] ?? end)
      return "it is fenced, and may run on \(host) until the lease of that has ended: "
        + "\(Span(milliseconds: leaseTime.wholeMilliseconds)) after it was last heard"
    }
    return nil
  }

  /// Whether what runs there, if anything does, is to be replaced: its host is given up, or it is fenced, and a host that
  /// is only suspect (others reach it, or its agent hangs) has had to end it with its lease.
  func isLost(_ entry: PlacementEntry, now: Now) -> Bool {
    let host = entry.placement.host
    switch detector.state(of: host) {
    case .down: return true
    case .suspect: return entry.placement.spec.fence && now.monotonic >= leaseEnd(of: host)
    case .ready, nil: return false
    }
  }

  /// When nothing fenced runs on a host any more that is not heard. Its lease runs from when it sent its last
  /// acknowledged heartbeat, which is before that was heard here; a coordinator that does not know what the one before it
  /// acknowledged takes its own start.
  func leaseEnd(of host: HostID) -> MonotonicTime {
    (detector.lastHeard(host) ?? startedAt) + leaseTime
  }

  /// lease x (1 + drift) + the time that a kill takes.
  var leaseTime: Duration {
    settings.lease.duration * (1 + settings.clockDrift) + settings.fenceMargin
  }

  /// Leases have ended: those that waited for it are looked at.
  mutating func lookAtFences(now: Now) {
    for host in leaseLooks where now.monotonic >= leaseEnd(of: host) {
      leaseLooks.remove(host)
      if detector.state(of: host) == .suspect { lookAtFenced(on: host) }
    }
    for (name, time) in fenceLooks where time <= now.monotonic {
      fenceLooks[name] = nil
      dirtyServices.insert(name)
    }
  }

  private mutating func lookAtFenced(on host: HostID) {
    for placement in hosts[host]!.epochs.compactMap({ placements[$0]?.placement })
    where placement.spec.fence {
      dirtyServices.insert(placement.instance.service)
    }
  }
}
