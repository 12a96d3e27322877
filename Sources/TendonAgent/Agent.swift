// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import SystemPackage
import TendonClient
import TendonLinux
import TendonModel
import TendonSystemd
import UnixSignals

/// The agent as a program: puts everything together and runs it until it is asked to end.
package struct Agent: Sendable {
  let configuration: AgentConfiguration
  let log: Logger

  package init(_ configuration: AgentConfiguration) {
    self.configuration = configuration
    var log = Logger(label: "tendon-agent") {
      ProgramLog.handler(label: $0, metadata: ["host": "\(configuration.host)"])
    }
    log.logLevel = .info
    self.log = log
  }

  /// Takes over what runs on this host, then serves the coordinator. Returns on SIGTERM or SIGINT, and leaves all
  /// instances running.
  package func run() async throws {
    let startedAt = HostClock.bootTime
    guard geteuid() == 0 else { throw AgentError.notRoot }
    tendon_memory_few_arenas()
    let blocking = Blocking.start()
    let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let client = AgentClient(
      address: configuration.coordinator, token: configuration.joinToken,
      host: configuration.host, eventLoops: eventLoops)
    let result: Result<Void, any Error>
    do {
      try await run(startedAt: startedAt, blocking, eventLoops, client)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    do {
      try await client.shutdown()
      try await eventLoops.shutdownGracefully()
    } catch {
      log.warning("closing connections: \(error)")
    }
    await blocking.shutDown()
    try result.get()
  }

  private func run(
    startedAt: MonotonicTime, _ blocking: Blocking, _ eventLoops: MultiThreadedEventLoopGroup,
    _ client: AgentClient
  ) async throws {
    let configuration = configuration
    let ground = try await blocking.run { () throws(AgentError) in
      try Ground.prepare(configuration, blocking)
    }
    let notify: NotifySocket
    do {
      notify = try NotifySocket(path: configuration.notifyDirectory + "/socket")
    } catch {
      throw AgentError.notifySocket(error)
    }
    let agent = HostAgent(
      host: configuration.host, work: ground.work, blocking: blocking,
      instancePath: configuration.instancePath, eventLoops: eventLoops,
      notifyPath: notify.path, log: log)
    let launcher = InitLauncher(
      executable: configuration.initPath,
      socketPath: configuration.initSocket, cgroup: ground.holder.folder)
    let initClient: InitClient
    do {
      let (connected, wasStarted) = try await launcher.connect()
      if wasStarted { log.notice("tendon-init started (pid \(connected.greeting.identity.pid))") }
      let (current, upgrade) = try await launcher.upgraded(connected)
      if upgrade != .notNeeded { log.notice("\(upgrade)") }
      try await ground.holder.settle(current, wasStarted: wasStarted, blocking)
      initClient = current
    } catch let error as InitError {
      ground.holder.giveUp()
      throw AgentError.initProgram(error)
    }
    try await agent.adopt(from: initClient)
    let incarnation = ground.bootID.incarnation(startedAt: startedAt)
    let heartbeats = HeartbeatSender(
      incarnation: incarnation, group: eventLoops, logger: log,
      provide: { await agent.heartbeatInput() }, onAck: { agent.heartbeatAcknowledged($0) })
    let answers = QueryAnswers(
      client: client, agent: agent, logs: ground.work.logs, blocking: blocking,
      initPath: configuration.initPath, log: log)
    let link = CoordinatorLink(
      client: client, agent: agent, heartbeats: heartbeats, answers: answers, blocking: blocking,
      joinToken: configuration.joinToken, incarnation: incarnation,
      facts: { () async throws(AgentError) in
        try await blocking.run { () throws(AgentError) in try ground.facts(configuration) }
      },
      log: log)
    let logKeeper = try keeper(of: ground.work.logs, agent, blocking)
    log.notice("ready: host \(configuration.host), cgroups at \(ground.work.tree.root)")
    try await serve([
      agent,
      InitLink(
        launcher: launcher, home: ground.home, first: initClient, agent: agent, log: log),
      NotifyLink(socket: notify, tree: ground.work.tree, agent: agent, log: log), heartbeats, link,
      logKeeper,
      LeaseWatch(lease: ground.work.lease, agent: agent),
      ImageKeeper(
        images: ground.work.images, log: log, present: { await agent.presentEpochs }),
      Watchdog(
        agent: agent, blocking: blocking, eventLoop: eventLoops.next(),
        limit: ServiceManager.watchdogLimit),
    ])
    log.notice("ending; instances run on")
    // Held until here: a second agent must not start while this one ends.
    withExtendedLifetime(ground.lock) {}
  }

  private func keeper(
    of logs: LogFiles, _ agent: HostAgent, _ blocking: Blocking
  ) throws(AgentError) -> LogKeeper {
    do {
      return try LogKeeper(
        logs: logs, blocking: blocking, log: log,
        current: { await agent.logSubjects(since: $0) })
    } catch {
      throw .logWatch(error)
    }
  }

  private func serve(_ services: [any Service]) async throws {
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: services.map { .init(service: $0) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
    try await group.run()
  }
}
