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
      try Ground.prepare(configuration)
    }
    let agent = HostAgent(
      host: configuration.host, work: ground.work, blocking: blocking,
      instancePath: configuration.instancePath, log: log)
    let launcher = InitLauncher(
      executable: configuration.initPath, socketPath: configuration.runDirectory + "/init.sock",
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

/// What the agent does on the host for one run of an instance, without its bookkeeping: cgroup, limits, files, spawn,
/// reap, removal. For measurements.
package final class SpawnPath {
  private let work: HostWork
  private let blocking = Blocking.start(threads: 1)
  private let client: InitClient
  private var events: AsyncStream<InitEvent>.Iterator
  private let lock: StateLock
  private var sibling: CgroupLeaf?

  package init(_ configuration: AgentConfiguration) async throws {
    let ground = try await blocking.run { () throws(AgentError) in
      try Ground.prepare(configuration)
    }
    work = ground.work
    lock = ground.lock
    let launcher = InitLauncher(
      executable: configuration.initPath, socketPath: configuration.runDirectory + "/init.sock",
      cgroup: ground.holder.folder)
    client = try await launcher.connect().client
    events = client.events.makeAsyncIterator()
  }

  /// Gives the placement's service another cgroup, so that its slice stays when the placement goes.
  package func keepService(of placement: DesiredPlacement) throws {
    let leaf = CgroupLeaf(instance: placement.instance, epoch: Epoch(placement.epoch.rawValue + 1))
    _ = try work.tree.create(leaf)
    sibling = leaf
  }

  /// Where the time of one run went.
  package struct Stages: Sendable {
    /// The cgroup with its limits, folders, files.
    package var prepare = Duration.zero
    /// Until the program runs and we know it.
    package var spawn = Duration.zero
    /// Until we know that it has ended.
    package var exit = Duration.zero
    /// Until its cgroup is gone.
    package var remove = Duration.zero
    package var whole: Duration { prepare + spawn + exit + remove }
  }

  /// From nothing to nothing.
  package func run(_ placement: DesiredPlacement) async throws -> Stages {
    let clock = ContinuousClock()
    var stages = Stages()
    var last = clock.now
    func lap() -> Duration {
      let now = clock.now
      defer { last = now }
      return last.duration(to: now)
    }
    let work = work
    let prepared = try await blocking.run { () throws(StartError) in
      try work.prepare(placement, user: nil, hasView: false)
    }
    var request = SpawnRequest(
      epoch: placement.epoch, instance: placement.instance, arguments: placement.spec.command,
      environment: ["PATH=/usr/bin:/bin"], cgroup: prepared.cgroup, input: prepared.input,
      output: prepared.output, error: prepared.error)
    request.directory = prepared.directory
    stages.prepare = lap()
    do {
      _ = try await client.spawn(request)
    } catch {
      prepared.close()
      throw error
    }
    stages.spawn = lap()
    prepared.close()
    guard case .exited(let exit)? = await events.next(isolation: #isolation) else {
      throw InitError.disconnected
    }
    stages.exit = lap()
    try client.acknowledge(exit)
    let leaf = work.leaf(of: placement)
    try await blocking.run { () throws(CgroupError) in
      guard try CgroupEnd.waitUntilEmpty(work.tree.path(of: leaf), upTo: .seconds(1)) else {
        throw .stillPopulated(path: work.tree.path(of: leaf), after: .seconds(1))
      }
      try work.tree.remove(leaf)
    }
    stages.remove = lap()
    return stages
  }

  package func end() async throws {
    if let sibling { try work.tree.remove(sibling) }
    try await client.shutdown()
    await blocking.shutDown()
    withExtendedLifetime(lock) {}
  }
}
