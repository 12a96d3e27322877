// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// The coordinator is not wrong about who is dead.
extension World {
  /// The longest that a host without power may be taken for ready: its last datagrams may be late.
  private static var deathPatience: Duration { .seconds(5) }
  /// How long after it was impaired a host may be taken for dead for that: after a restart nobody is before `startGrace`.
  private static var excuse: Duration { .seconds(6) }

  /// A host without power is not taken for ready.
  mutating func checkDeadHosts() {
    for host in hosts.indices where !hosts[host].isUp {
      let since = max(hosts[host].downSince, coordinator.awakeSince)
      guard time - since > Self.deathPatience,
        coordinator.core!.state(of: hosts[host].id) == .ready
      else { continue }
      violate(
        .detection,
        "\(hosts[host].id) has had no power for \((time - since).inSeconds), and counts as ready")
    }
  }

  /// A host that lives, and that everybody reaches, is not taken for dead.
  mutating func checkVerdict(_ event: ClusterEvent) {
    guard let host = hosts.first(where: { $0.id == event.host }), host.isRunning(at: time),
      host.agent != nil, !host.weather.isBad,
      time - max(host.impairedAt, coordinator.awakeSince) > Self.excuse
    else { return }
    violate(.detection, "\(host.id) lives and is reached, and is taken for dead: \(event.message)")
  }
}
