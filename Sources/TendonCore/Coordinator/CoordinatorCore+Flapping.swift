// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Hosts that go down and come back again and again take nothing new for a while.
extension CoordinatorCore {
  /// A host went down, or was seen to have been.
  mutating func noteFlap(_ host: HostID, now: Now) {
    guard settings.disruption.flapHold > .zero, let record = hosts[host]?.record,
      // An operator is at work on it, or it is one of many that the network is to blame for.
      record.cordon == nil, record.confirmedDownAt == nil, !brake.held.contains(host),
      detector.wasHeard(host), !detector.saidGoodbye(host)
    else { return }
    setFlaps(FlapRecord.wentDown(record.flaps, at: now.wall, settings.disruption), of: host)
  }

  /// It is there again: from now on the time runs.
  mutating func noteReturn(of host: HostID, now: Now) {
    guard var flaps = hosts[host]?.record.flaps, flaps.backAt == nil else { return }
    flaps.cameBack(at: now.wall, settings.disruption)
    setFlaps(flaps, of: host)
    guard let reason = flaps.closedBecause(settings.disruption) else { return }
    emit(.warning, "host-held", host: host, now: now, "Is \(reason). What runs there stays.")
  }

  /// Holds that are over, and hosts that have been stable.
  mutating func lookAtHolds(now: Now) {
    guard !flappingHosts.isEmpty, nextHoldLook.map({ $0 <= now.monotonic }) ?? true else { return }
    nextHoldLook = now.monotonic + .milliseconds(500)
    for host in flappingHosts.sorted() {
      guard var flaps = hosts[host]?.record.flaps else {
        flappingHosts.remove(host)
        continue
      }
      if flaps.isOver(at: now.wall, settings.disruption) {
        setFlaps(nil, of: host)
      } else if flaps.heldUntil != nil, !flaps.isHeld(at: now.wall, settings.disruption) {
        flaps.heldUntil = nil
        setFlaps(flaps, of: host)
        emit("host-hold-over", host: host, now: now, "Takes new instances again.")
        retryPending()
      }
    }
  }

  /// An operator says that it is fine.
  /// - Returns: whether it was held back.
  mutating func endHold(of host: HostID) -> Bool {
    guard let flaps = hosts[host]?.record.flaps else { return false }
    setFlaps(nil, of: host)
    return flaps.heldUntil != nil
  }

  private mutating func setFlaps(_ flaps: FlapRecord?, of host: HostID) {
    guard hosts[host]!.record.flaps != flaps else { return }
    hosts[host]!.record.flaps = flaps
    let reason = hosts[host]!.closedBecause(settings.disruption)
    changeLoad(of: host) { $0.closedBecause = reason }
    if flaps == nil { flappingHosts.remove(host) } else { flappingHosts.insert(host) }
    outbox.changes.append(.putHost(hosts[host]!.record))
    outbox.touchedHosts.insert(host)
  }
}

extension HostEntry {
  /// Why it takes nothing new though it is ready, in words that follow "is"; nil: it does.
  func closedBecause(_ settings: DisruptionSettings) -> String? {
    record.cordon?.description ?? record.flaps?.closedBecause(settings)
  }
}
