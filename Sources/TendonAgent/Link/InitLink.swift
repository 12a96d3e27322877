// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import TendonLinux

/// Listens to tendon-init, and connects to it again, or starts another, when it is gone.
struct InitLink: Service {
  let launcher: InitLauncher
  /// The connection that adoption was done with.
  let first: InitClient
  let agent: HostAgent
  let log: Logger

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await self.listen() }
    } catch is CancellationError {
      // The ordinary end: tendon-init and its children stay.
    }
  }

  private func listen() async throws {
    var client = first
    while true {
      for await event in client.events {
        switch event {
        case .exited(let exit): await agent.exited(exit)
        case .disconnected(let error):
          log.error("tendon-init is gone: \(error?.description ?? "it ended")")
        }
      }
      try Task.checkCancellation()
      client = try await connectAgain()
    }
  }

  private func connectAgain() async throws -> InitClient {
    var retry = RetryDelay()
    while true {
      try await Task.sleep(for: retry.next())
      do throws(InitError) {
        let (client, wasStarted) = try await launcher.connect()
        log.notice("tendon-init \(wasStarted ? "started again" : "connected again")")
        try await agent.initConnected(client)
        return client
      } catch {
        log.error("\(error); trying again")
      }
    }
  }
}
