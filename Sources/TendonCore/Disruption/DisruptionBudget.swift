// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Whether instances of one service may be made unavailable on purpose: what drains, roll-outs and everything else that
/// moves what runs has to ask before it stops something that nothing has taken the place of yet. What makes the new copy
/// ready first takes nothing away, and need not ask.
package struct DisruptionBudget: Hashable, Sendable {
  package let service: ServiceName
  /// nil: there is no bound.
  package let settings: BudgetSettings?
  /// The slots that there should be.
  package let wanted: Set<Int>
  /// Of these, the ones that have a copy that serves.
  package let available: Set<Int>
  /// Those of which nobody knows yet whether they serve: the coordinator has just started. They count as unavailable
  /// where others are to be stopped, and as available where they are to be stopped themselves.
  package let unknown: Set<Int>

  package init(
    service: ServiceName, settings: BudgetSettings?, wanted: Set<Int>, available: Set<Int>,
    unknown: Set<Int> = []
  ) {
    self.service = service
    self.settings = settings
    self.wanted = wanted
    self.available = available.intersection(wanted)
    self.unknown = unknown.intersection(wanted)
  }

  /// How many may be unavailable.
  package var allowed: Int { settings?.allowed(of: wanted.count) ?? wanted.count }

  package var unavailable: Set<Int> { wanted.subtracting(available) }

  /// Whether these slots may be left without a copy that serves. One that has none now loses nothing.
  package func mayDisrupt(_ slots: Set<Int>) -> Bool {
    let lost = slots.intersection(available.union(unknown))
    return lost.isEmpty || unavailable.union(lost).count <= allowed
  }

  /// Why they may not, in words that follow "since"; nil: they may.
  package func refusal(of slots: Set<Int>) -> String? {
    guard let settings, !mayDisrupt(slots) else { return nil }
    let others = unavailable.subtracting(slots)
    let now = others.isEmpty ? "" : "; unavailable now: \(names(others))"
    return "its budget (\(settings.description)) lets at most \(allowed) of "
      + "\(counted(wanted.count, "instance")) be unavailable\(now)"
  }

  /// The budget and what is left of it, for people; nil without one.
  package var evidence: String? {
    guard let settings else { return nil }
    let now = unavailable.isEmpty ? "none is" : "unavailable now: \(names(unavailable))"
    return "disruption budget (\(settings.description)): at most \(allowed) of "
      + "\(counted(wanted.count, "instance")) may be unavailable; \(now)"
  }

  private func names(_ slots: Set<Int>) -> String {
    let shown = slots.sorted().prefix(5).map { "\(service).\($0)" }.joined(separator: ", ")
    return slots.count > 5 ? "\(shown) and \(slots.count - 5) more" : shown
  }
}
