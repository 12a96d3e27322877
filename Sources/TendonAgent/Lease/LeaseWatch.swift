// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle
import TendonLinux
import TendonModel

/// Ends the fenced placements when the host's lease does. Sleeps while nothing is fenced.
struct LeaseWatch: Service {
  /// How soon the end of a lease that came too late for what it held is noticed, and how often what is left is killed
  /// again. It bounds, too, how late a sleep over a suspended host can end.
  private static let interval = Duration.milliseconds(50)

  let lease: LeaseHolder
  let agent: HostAgent

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for await _ in lease.newHolds {
        while !Task.isCancelled, let end = lease.end { await look(end) }
      }
    }
  }

  private func look(_ end: MonotonicTime) async {
    let now = HostClock.bootTime
    if now >= end { await agent.leaseEnded() }
    // Cancelled: the loop ends.
    try? await Task.sleep(
      for: now < end ? min(end - now, Self.interval) : Self.interval, tolerance: .zero)
  }
}
