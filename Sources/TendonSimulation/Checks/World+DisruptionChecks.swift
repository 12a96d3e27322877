// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// How far, and when, what runs may be disturbed.
extension World {
  /// How far apart hosts may fall silent to have done so at once.
  private static var moment: Duration { .seconds(1) }

  /// The silence after which a host counts as quiet, whatever of its beats was lost before: two ticks included.
  private var surelyQuiet: Duration {
    settings.detection.suspectAfter + settings.detection.lateGrace + .milliseconds(200)
  }

  /// Nothing moves off a host while the brake is on, nor where it should be, unless an operator said that the host is dead.
  mutating func checkMove(_ event: ClusterEvent, brakeWasOn: Bool) {
    guard let instance = event.instance else { return }
    let lost = coordinator.core!.lostHosts(of: instance)
    guard !lost.contains(where: \.isConfirmedDown) else { return }
    if brakeWasOn, coordinator.core!.isBraking {
      violate(.disruption, "\(instance) moves while the brake is on: \(event.message)")
    }
    for host in hosts where lost.contains(where: { $0.host == host.id }) {
      guard let fellSilent = silence(of: host) else { continue }
      let together = hosts.filter { other in
        guard !coordinator.core!.isConfirmedDown(other.id), let since = silence(of: other) else {
          return false
        }
        return max(since - fellSilent, fellSilent - since) <= Self.moment
      }
      guard together.count >= settings.detection.massQuiet,
        Double(together.count) > Double(hosts.count) * settings.detection.massQuietPart
      else { continue }
      violate(
        .disruption,
        "\(instance) moves off \(host.id), though \(together.count) of \(hosts.count) hosts fell silent at once: "
          + together.map(\.id.rawValue).joined(separator: ", "))
    }
  }

  /// Since when the coordinator has heard nothing of a host, nor of anything that it lives; nil when that is not for sure.
  private func silence(of host: SimulatedHost) -> MonotonicTime? {
    guard let takenAt = host.takenAt, takenAt >= coordinator.awakeSince,
      host.signedAt.map({ $0 < takenAt }) ?? true, time - takenAt >= surelyQuiet
    else { return nil }
    return takenAt
  }

  /// Balancing comes to an end: once nothing else changes, nothing is moved for it twice.
  mutating func checkBalance(_ event: ClusterEvent) {
    guard event.message.contains("which is fuller"), let instance = event.instance,
      time > calm + Self.calmTime / 3, !model.balanced.insert(instance).inserted
    else { return }
    violate(.disruption, "\(instance) is moved again to balance the load: \(event.message)")
  }

  // MARK: Budgets

  /// Nothing that serves is stopped on purpose, with nothing in its place, where that leaves more of its service
  /// unavailable than its budget allows. Judged before the commit: it knows what was wanted until now.
  mutating func checkBudgets(_ commit: StoreCommit?) {
    for case .putPlacement(let record) in commit?.changes ?? [] {
      guard let reason = record.stopReason, !isOperatorsLastWord(reason),
        coordinator.stored.isWanted(record.placement.epoch)
      else { continue }
      checkBudget(record.placement, reason)
    }
  }

  private mutating func checkBudget(_ placement: DesiredPlacement, _ reason: String) {
    let (instance, core) = (placement.instance, coordinator.core!)
    guard let service = UserAction.Service(rawValue: instance.service.rawValue),
      core.wantedSlots(of: instance.service).contains(instance.slot), isSteady(placement)
    else { return }
    let wanted = core.wantedSlots(of: instance.service)
    let unavailable = wanted.subtracting(core.readySlots(of: instance.service))
    let allowed = service.budget.allowed(of: wanted.count)
    guard unavailable.contains(instance.slot), unavailable.count > allowed else { return }
    violate(
      .disruption,
      "\(instance) is stopped on \(placement.host) (\(reason)), which leaves \(unavailable.sorted()) of "
        + "\(wanted.count) unavailable, where \(allowed) may be")
  }

  /// Whether the placement has run for so long that the coordinator counts on it, if it was heard of.
  private func isSteady(_ placement: DesiredPlacement) -> Bool {
    guard let host = hosts.first(where: { $0.id == placement.host }), host.isRunning(at: time),
      let process = host.processes[placement.epoch]
    else { return false }
    return time - process.since > Self.steadyTime
      && coordinator.core!.isHeardReady(placement.epoch)
  }

  private static var steadyTime: Duration { .seconds(7) }

  /// A drain's deadline goes over budgets.
  private func isOperatorsLastWord(_ reason: String) -> Bool {
    reason.contains("past its deadline")
  }
}
