// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle
import TendonLinux
import TendonModel

/// Ends the fenced placements when the host's lease does.
struct LeaseWatch: Service {
  /// How soon a placement that comes to be held is noticed, and how often what is left is killed again.
  private static let interval = Duration.milliseconds(50)

  let lease: LeaseHolder
  let agent: HostAgent

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        let now = HostClock.bootTime
        guard let end = lease.end else {
          await pause(Self.interval)
          continue
        }
        if now < end {
          await pause(min(end - now, Self.interval))
        } else {
          await agent.leaseEnded()
          await pause(Self.interval)
        }
      }
    }
  }

  private func pause(_ time: Duration) async {
    // Cancelled: the loop ends.
    try? await Task.sleep(for: time, tolerance: .zero)
  }
}
