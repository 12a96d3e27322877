// SPDX-License-Identifier: Apache-2.0

package import Logging
import TendonCore
import TendonLinux
package import TendonModel

/// The agent's work on this host without a coordinator, for measurements: what a coordinator would send is said by
/// calls, and what it would be reported is read.
package final class LocalAgent {
  private let agent: HostAgent
  private var signals: AsyncStream<Void>.Iterator
  private var revision: UInt64 = 1

  private init(agent: HostAgent, signals: AsyncStream<Void>) {
    self.agent = agent
    self.signals = signals.makeAsyncIterator()
  }

  /// Runs `body` with an agent of its own, which has its own tendon-init; both are gone afterwards.
  package static func with<Result>(
    _ configuration: AgentConfiguration, log: Logger,
    _ body: (LocalAgent) async throws -> Result
  ) async throws -> Result {
    let blocking = Blocking.start()
    let ground = try await blocking.run { () throws(AgentError) in
      try Ground.prepare(configuration, blocking)
    }
    let agent = HostAgent(
      host: configuration.host, work: ground.work, blocking: blocking,
      instancePath: configuration.instancePath, log: log)
    let launcher = InitLauncher(
      executable: configuration.initPath, socketPath: configuration.initSocket,
      cgroup: ground.holder.folder)
    let client = try await launcher.connect().client
    try await agent.adopt(from: client)
    let link = InitLink(launcher: launcher, first: client, agent: agent, log: log)
    let signals = await agent.sessionOpened(1)
    let result = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await agent.run() }
      group.addTask { try await link.run() }
      defer { group.cancelAll() }
      return try await body(LocalAgent(agent: agent, signals: signals))
    }
    try await launcher.connect().client.shutdown()
    await blocking.shutDown()
    withExtendedLifetime(ground.lock) {}
    return result
  }

  package func want(_ placements: [DesiredPlacement]) async {
    revision += 1
    await agent.received(upserts: placements, removals: [], revision: Revision(revision))
  }

  package func end(_ epochs: [Epoch]) async {
    revision += 1
    await agent.received(upserts: [], removals: epochs, revision: Revision(revision))
  }

  /// The next report, once there is one; it counts as delivered.
  package func nextReport() async throws(CancellationError) -> AgentReport {
    while true {
      if let report = await agent.nextReport() {
        await agent.reportDelivered(report)
        return report
      }
      guard await signals.next(isolation: #isolation) != nil else { throw CancellationError() }
    }
  }
}
