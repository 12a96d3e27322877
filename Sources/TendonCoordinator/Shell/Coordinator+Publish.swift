// SPDX-License-Identifier: Apache-2.0
import Logging
import TendonCore
import TendonModel

extension Coordinator {
  /// Tells everybody what was committed.
  func publish(_ step: CoordinatorStep) {
    if step.isEmpty && step.events.isEmpty { return }
    for (host, line) in step.deltas { streams.send(line, to: host) }
    for (host, revision) in step.newestRevisions { sessions.setNewestRevision(revision, of: host) }
    for session in step.endedSessions { sessions.close(session: session) }
    let core = visible
    // Users wait for these; the log can.
    if !step.touchedEpochs.isEmpty || !step.touchedInstances.isEmpty || !step.touchedHosts.isEmpty {
      waiters.check(core)
    }
    for event in step.events { log(event) }
    watchers.publish(step, core: core, now: clock())
  }

  private nonisolated func log(_ event: ClusterEvent) {
    let level: Logger.Level =
      switch event.severity {
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    let subject =
      event.instance?.description ?? event.reservation.map { "reservation \($0)" }
      ?? event.host?.description ?? event.service?.description
    logger.log(
      level: level, "\(subject.map { "\($0): " } ?? "")\(event.message)",
      metadata: ["reason": "\(event.reason)", "revision": "\(event.revision)"])
  }
}
