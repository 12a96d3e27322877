// SPDX-License-Identifier: Apache-2.0
import ServiceLifecycle
import TendonCore
import TendonModel
import TendonSystemd

/// Tells systemd that the coordinator is alive, but only while its loop goes on: a loop that hangs, on the disk for
/// instance, sends no sign of life, and systemd starts the coordinator anew.
struct CoordinatorWatchdog: Service {
  /// Without a limit of systemd's: how often the status line is renewed.
  static let idleInterval = Duration.seconds(10)

  let coordinator: Coordinator
  let limit: Duration?

  func run() async throws {
    guard ServiceManager.runsThis else {
      // Nobody listens; a service that returns would end the others.
      try await gracefulShutdown()
      return
    }
    await cancelWhenGracefulShutdown { await self.watch() }
    ServiceManager.notify(.stopping)
  }

  /// A third of the limit: one sign may come late without harm.
  private func watch() async {
    var lastTurn: Int?
    while !Task.isCancelled {
      let turn = await coordinator.ticks
      if turn != lastTurn { ServiceManager.notify(.alive, .status(await coordinator.statusLine)) }
      lastTurn = turn
      // Cancelled: the loop ends.
      try? await Task.sleep(for: limit.map { $0 / 3 } ?? Self.idleInterval)
    }
  }
}

extension Coordinator {
  /// For `systemctl status`.
  var statusLine: String {
    let hosts = visible.hostViews(now: clock())
    let ready = hosts.count { $0.state == .ready }
    return "revision \(visible.revision), \(ready) of \(hosts.count) hosts ready"
  }
}
