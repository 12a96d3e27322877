// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import TendonLinux
import TendonModel

/// Removes images that nobody uses any more, now and then.
struct ImageKeeper: Service {
  private static let interval = Duration.seconds(600)

  let images: ImageStore
  let log: Logger
  /// Every placement of this host.
  let present: @Sendable () async -> Set<Epoch>

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var said: Set<String> = []
      while !Task.isCancelled {
        for fault in await images.sweep(present: await present(), now: HostClock.wall)
        where said.insert(fault).inserted {
          log.warning("an image that nobody uses can't be removed: \(fault)")
        }
        // Cancelled: the loop ends.
        try? await Task.sleep(for: Self.interval)
      }
    }
  }
}
