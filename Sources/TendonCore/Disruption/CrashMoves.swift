// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Whether an instance is moved because its host keeps failing it. Its agent starts it again there first, with a growing
/// wait; only one that keeps ending, or can't even be started, is tried elsewhere, and only on so many hosts: what fails on
/// all of them is not the hosts' fault.
package struct CrashMoves: Hashable, Sendable {
  package enum Verdict: Hashable, Sendable {
    /// The host does not fail it, or has not for long enough.
    case fine
    /// It is to be tried on another host.
    case leave
    /// It failed on so many hosts that another would make no difference.
    case failsEverywhere
  }

  /// For how long a host that failed it is not chosen again.
  package static var memory: Span { .seconds(3600) }
  /// How often it may fail to start for good on a host before that counts as the host's doing.
  package static var mostFailedStarts: Int { 2 }
  /// The time between two notes of one host's failing that goes on.
  private static var noteInterval: Span { .seconds(60) }

  package var settings: DisruptionSettings

  package init(_ settings: DisruptionSettings) { self.settings = settings }

  /// Whether a report says that its agent has started it again often enough.
  package func isFailing(_ status: PlacementStatus) -> Bool {
    settings.crashEnds > 0 && (status.crashLoop ?? 0) >= settings.crashEnds
  }

  /// Takes in a report.
  /// - Returns: whether the host came to be one that fails it.
  package func note(
    _ status: PlacementStatus, before: PlacementStatus?, on host: HostID,
    in failures: inout [SlotTroubles.HostFailure], at now: Timestamp
  ) -> Bool {
    guard settings.crashEnds > 0 else { return false }
    let isFailing = isFailing(status)
    // One that ran and was lost with its host's boot, or its lease, did not fail.
    let isFailedStart =
      status.phase == .failed && before?.phase != .failed && status.startedAt == nil
    guard isFailing || isFailedStart else { return false }
    failures.removeAll { now - $0.at > Self.memory }
    let index = failures.firstIndex { $0.host == host }
    let old = index.map { failures[$0] }
    if isFailing, let old, old.isProven, now - old.at < Self.noteInterval { return false }
    var new =
      old
      ?? SlotTroubles.HostFailure(host: host, at: now, failedStarts: 0, isProven: false, reason: "")
    new.at = now
    new.reason = status.lastExit?.summary ?? status.message
    if isFailedStart { new.failedStarts += 1 }
    new.isProven = new.isProven || isFailing || new.failedStarts >= Self.mostFailedStarts
    if let index { failures.remove(at: index) }
    failures.append(new)
    return new.isProven && old?.isProven != true
  }

  /// The hosts that fail it, as far as that is not too long ago, oldest first.
  package func failingHosts(_ failures: [SlotTroubles.HostFailure], at now: Timestamp) -> [HostID] {
    failures.filter { $0.isProven && now - $0.at <= Self.memory }.map(\.host)
  }

  /// - Parameter status: of a copy that runs what is wanted.
  /// - Parameter canGo: whether another host would take it; asked only where it matters.
  package func verdict(
    _ status: PlacementStatus?, on host: HostID, _ failures: [SlotTroubles.HostFailure],
    at now: Timestamp, canGo: () -> Bool
  ) -> Verdict {
    guard let status, isFailing(status) else { return .fine }
    let hosts = failingHosts(failures, at: now)
    guard hosts.contains(host) else { return .fine }
    return hosts.count < settings.crashHosts && canGo() ? .leave : .failsEverywhere
  }
}
