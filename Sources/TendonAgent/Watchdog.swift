// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import ServiceLifecycle
import TendonCore
import TendonModel
import TendonSystemd

/// Tells systemd that the agent is ready, and from then on that it is alive: not by a timer that beats whatever
/// happens, but only after everything that an instance's life hangs on has done something. What hangs keeps the sign
/// of life from being sent, and systemd starts the agent anew; instances run on.
struct Watchdog: Service {
  /// Without a limit of systemd's: how often the status line is renewed.
  static let idleInterval = Duration.seconds(10)

  let agent: HostAgent
  let blocking: Blocking
  let eventLoop: any EventLoop
  let limit: Duration?

  /// A third of the limit: one sign may come late without harm.
  var interval: Duration { limit.map { $0 / 3 } ?? Self.idleInterval }

  func run() async throws {
    guard ServiceManager.runsThis else {
      // Nobody listens; a service that returns would end the others.
      try await gracefulShutdown()
      return
    }
    ServiceManager.notify(.ready)
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        guard let status = await self.proveAlive() else { return }
        ServiceManager.notify(.alive, .status(status))
        // Cancelled: the loop ends.
        try? await Task.sleep(for: self.interval)
      }
    }
    ServiceManager.notify(.stopping)
  }

  /// Goes once through the cooperative pool, the agent's actor, the threads for blocking work and the event loop.
  /// - Returns: a line for the status; nil when the agent ends.
  func proveAlive() async -> String? {
    let status = await agent.statusLine
    await blocking.run {}
    do {
      try await eventLoop.submit {}.get()
      return status
    } catch {
      // The loop was shut down.
      return nil
    }
  }
}

extension HostAgent {
  /// For `systemctl status`.
  var statusLine: String {
    let count = core.glances.count
    return "host \(core.host): \(count) \(count == 1 ? "instance" : "instances")"
  }
}
