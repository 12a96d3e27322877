// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization
import TendonCore
import TendonLinux
import TendonModel

/// The coordinator's lines, and what is reported to it.
extension HostAgent {
  /// A session begins; the stream that is returned yields whenever there may be something to report.
  func sessionOpened(_ id: UInt32) -> AsyncStream<Void> {
    core.reports.sessionOpened(id)
    let (signals, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    reportSignal?.finish()
    reportSignal = continuation
    return signals
  }

  func sessionClosed() {
    core.reports.sessionClosed()
    reportSignal?.finish()
    reportSignal = nil
  }

  func received(snapshot placements: [DesiredPlacement], revision: Revision) async {
    let own = ownPlacements(placements)
    await settleUnclaimed(own)
    log.info("snapshot at revision \(revision): \(own.count) placements")
    let new = own.filter { core.memory(of: $0.epoch) == nil }
    let orders = core.snapshot(revision: revision, placements: own, now: HostClock.now)
    expect(new)
    take(orders)
    dealtWith(placements: own.count)
    // The first report says what there is, after the snapshot has been looked at.
    reportSignal?.yield()
  }

  func received(upserts: [DesiredPlacement], removals: [Epoch], revision: Revision) {
    let own = ownPlacements(upserts)
    let new = own.filter { core.memory(of: $0.epoch) == nil }
    let orders = core.delta(
      revision: revision, upserts: own, removals: removals, now: HostClock.now)
    expect(new)
    take(orders)
  }

  /// Their services' cgroups are given what all of them are entitled to with the first that starts.
  private func expect(_ placements: [DesiredPlacement]) {
    work.limits.expect(placements.filter { core.memory(of: $0.epoch)?.phase == .starting })
  }

  private func ownPlacements(_ placements: [DesiredPlacement]) -> [DesiredPlacement] {
    placements.compactMap { placement in
      if placement.host == core.host { return specs.shared(placement) }
      log.about(placement.instance).error(
        "\(placement.instance) is meant for \(placement.host), not for this host: ignored")
      return nil
    }
  }

  func nextReport() -> AgentReport? { core.nextReport() }

  /// Whether a report had better wait for what else is about to be told.
  var startsMany: Bool { gate.isCrowded }

  func reportDelivered(_ report: AgentReport) {
    core.reports.delivered(session: report.sessionID, sequence: report.sequence)
  }

  func reportFailed(_ report: AgentReport) {
    core.reports.failed(session: report.sessionID, sequence: report.sequence)
  }

  nonisolated func heartbeatAcknowledged(_ ack: HeartbeatAck) {
    newestRevision.withLock { $0 = ack.newestRevision }
    if let fault = work.lease.acknowledged(ack, now: HostClock.bootTime) {
      log.error("the watchdog of fenced instances can't be told of the lease: \(fault)")
    }
  }

  /// Whether the coordinator has spoken of a revision that has not come over the stream.
  var isBehind: Bool { newestRevision.withLock { $0 } > core.appliedRevision }

  /// What an earlier coordinator said counts no more.
  func forgetNewestRevision() { newestRevision.withLock { $0 = Revision(0) } }

  /// The limits as the kernel holds them now.
  func limits(of epoch: Epoch) async throws -> [KnobReport] {
    guard let memory = core.memory(of: epoch) else { throw Self.unknown(epoch, core.host) }
    var placement = memory.desired
    placement.resources = applied[epoch] ?? placement.resources
    let path = work.path(of: placement)
    let limits = work.limits
    return try await blocking.run { [placement] in try limits.read(placement, at: path) }
  }

  func instance(of epoch: Epoch) throws(APIError) -> InstanceID {
    guard let memory = core.memory(of: epoch) else { throw Self.unknown(epoch, core.host) }
    return memory.desired.instance
  }

  private static func unknown(_ epoch: Epoch, _ host: HostID) -> APIError {
    APIError(code: .notFound, message: "placement \(epoch) is not on host \(host)")
  }
}
