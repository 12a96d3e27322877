// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What a shell around the core keeps in tables of its own, and what is checked from outside.
extension CoordinatorCore {
  /// The session whose stream is open.
  package func openSession(of host: HostID) -> UInt32? { hosts[host]?.openStream }

  package func hasSession(_ session: UInt32, of host: HostID) -> Bool {
    hosts[host]?.session?.id == session
  }

  /// The last commit that changed what the host should run.
  package func desiredRevision(of host: HostID) -> Revision {
    hosts[host]?.desiredRevision ?? Revision(0)
  }

  package var isBraking: Bool { brake.isOn }

  package func state(of host: HostID) -> HostState? { detector.state(of: host) }

  package func isConfirmedDown(_ host: HostID) -> Bool {
    hosts[host]?.record.confirmedDownAt != nil
  }

  /// nil also for a service that is being deleted.
  package func record(of service: ServiceName) -> ServiceRecord? {
    services[service].flatMap { $0.record.isDeleted ? nil : $0.record }
  }

  /// What all that is placed on a host, and was not given back, asks for: summed up from the placements themselves. What
  /// ends by itself, and was not heard of since this coordinator started, may have ended and been given back before.
  package func requestedCPU(on host: HostID) -> MilliCPU {
    (hosts[host]?.epochs ?? []).reduce(.zero) { sum, epoch in
      guard let entry = placements[epoch], !entry.isReleased,
        !(entry.isUnheard && entry.placement.spec.workload.isFinite)
      else { return sum }
      return sum + entry.placement.resources.reservedCPU
    }
  }

  /// The same with what reservations hold there and nobody uses: added up from the records themselves.
  package func committedCPU(on host: HostID) -> MilliCPU {
    reservations.values.reduce(requestedCPU(on: host)) { sum, entry in
      guard let hold = entry.record.holds.first(where: { $0.host == host }) else { return sum }
      let drawn = (hosts[host]?.epochs ?? []).compactMap { placements[$0] }
        .filter { !$0.isReleased && $0.placement.reservation == entry.record.reservation.name }
        .reduce(MilliCPU.zero) { $0 + $1.placement.resources.reservedCPU }
      return sum + max(.zero, hold.amount.cpu - drawn)
    }
  }

  package func record(of reservation: ReservationName) -> ReservationRecord? {
    reservations[reservation]?.record
  }

  /// Of the slots that a service should have, those with a copy that is not being stopped and that its agent last told
  /// to be ready, on a host that is not given up.
  package func readySlots(of service: ServiceName) -> Set<Int> {
    guard let service = services[service] else { return [] }
    return Set(
      service.wantedSlots.filter { slot in
        (service.slots[slot] ?? []).contains {
          placements[$0]?.isStopping == false && isHeardReady($0)
        }
      })
  }

  /// Whether a placement's agent last told that it is ready, on a host that is not given up.
  package func isHeardReady(_ epoch: Epoch) -> Bool {
    guard let entry = placements[epoch] else { return false }
    return entry.status?.phase == .running && entry.status?.isReady == true
      && entry.status?.crashLoop == nil && detector.state(of: entry.placement.host) != .down
  }

  package func wantedSlots(of service: ServiceName) -> Set<Int> {
    Set(services[service]?.wantedSlots ?? [])
  }

  /// The hosts that are given up and that an instance still has a copy on, with whether an operator said so.
  package func lostHosts(
    of instance: InstanceID
  ) -> [(host: HostID, isConfirmedDown: Bool)] {
    (services[instance.service]?.slots[instance.slot] ?? []).sorted().compactMap { epoch in
      guard let entry = placements[epoch], !entry.isStopping,
        detector.state(of: entry.placement.host) == .down
      else { return nil }
      return (entry.placement.host, isConfirmedDown(entry.placement.host))
    }
  }

  /// The placements of each slot that are meant to run on hosts that are not given up. Those that were there before this
  /// coordinator started count once it has heard of them: before that it cannot know which of them serves.
  package func wantedCopies(of service: ServiceName) -> [Int: Int] {
    (services[service]?.slots ?? [:]).mapValues { epochs in
      epochs.count { epoch in
        guard let entry = placements[epoch], !entry.isStopping, !entry.isUnheard else {
          return false
        }
        return detector.state(of: entry.placement.host) != .down
          && entry.status?.phase.isFinal != true
      }
    }
  }
}
