// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import TendonLinux

/// Listens to tendon-init, and connects to it again, or starts another, when it is gone.
struct InitLink: Service {
  let launcher: InitLauncher
  /// Makes the cgroup for another tendon-init, as the first one's may be gone; nil: it is there always.
  var home: InstanceHome?
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
      do {
        let (client, wasStarted) = try await connectOnce()
        log.notice("tendon-init \(wasStarted ? "started again" : "connected again")")
        try await agent.initConnected(client)
        return client
      } catch {
        log.error("\(error); trying again")
      }
    }
  }

  private func connectOnce() async throws(AgentError) -> (client: InitClient, wasStarted: Bool) {
    let blocking = agent.blocking
    var launcher = launcher
    var holder: InstanceHome.Holder?
    if let home {
      holder = try await blocking.run { () throws(AgentError) in try home.prepare() }
    }
    defer { holder?.close() }
    if let holder { launcher.cgroup = holder.folder }
    let connected: (client: InitClient, wasStarted: Bool)
    do throws(InitError) {
      connected = try await launcher.connect()
    } catch {
      holder?.giveUp()
      throw .initProgram(error)
    }
    try await holder?.settle(connected.client, wasStarted: connected.wasStarted, blocking)
    return connected
  }
}
