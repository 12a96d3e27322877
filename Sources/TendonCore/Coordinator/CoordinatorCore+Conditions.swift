// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// What is wrong with hosts themselves, as their agents tell it.
extension CoordinatorCore {
  mutating func conditionsTold(_ conditions: [String: String]?, by host: HostID, now: Now) {
    guard let conditions, let before = hosts[host]?.conditions, conditions != before else { return }
    hosts[host]!.conditions = conditions
    outbox.touchedHosts.insert(host)
    for (name, message) in conditions.sorted(by: { $0.key < $1.key })
    where before[name] != message {
      emit(.warning, name, host: host, now: now, "\(message).")
    }
    for name in before.keys.sorted() where conditions[name] == nil {
      emit("\(name)-over", host: host, now: now, "It is over.")
    }
  }

  /// `state-not-writable: write /var/lib/tendon/...: No space left on device`.
  func conditionTexts(of host: HostID) -> [String] {
    (hosts[host]?.conditions ?? [:]).map { "\($0): \($1)" }.sorted()
  }
}
