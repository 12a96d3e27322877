// SPDX-License-Identifier: Apache-2.0
package import Logging
import ServiceLifecycle
package import TendonCore
import TendonDatagram
package import TendonModel
package import TendonStore

/// Runs the core: takes everything that waits, lets the core decide, commits once, and only then answers
/// and sends.
///
/// What users and agents ask is undone when its commit fails. What the coordinator observed by itself
/// (silence, time) can't be undone: its commit is tried again with every tick, and until then nothing of
/// it is sent and no command is run.
package actor Coordinator: Service {
  package nonisolated let settings: CoordinatorSettings
  nonisolated let mailbox = Mailbox()
  nonisolated let streams = AgentStreams()
  nonisolated let replies = ReplyBoard()
  nonisolated let execs = ExecBoard()
  nonisolated let waiters = ResizeWaiters()
  nonisolated let probes = ProbeLink()
  nonisolated let sessions: SessionTable
  nonisolated let clock: @Sendable () -> Now
  nonisolated let logger: Logger
  private let store: any Store

  private var core: CoordinatorCore
  /// The core as of the last commit, while another is under way: what queries are answered from.
  private var committed: CoordinatorCore?
  /// Observations whose commit has failed so far.
  private var stalled: (step: CoordinatorStep, error: StoreError)?
  /// How often the loop has looked at the clock.
  private(set) var ticks = 0
  var watchers = WatchHub()

  /// Time between two looks at the clock. Raising it makes detection and time-outs coarser.
  static let tickInterval = Duration.milliseconds(50)
  /// Agents hear something this often: 2 s.
  static let ticksPerAgentKeepAlive = 40
  /// Watchers hear something this often: 5 s.
  static let ticksPerWatchKeepAlive = 100

  /// - Parameter sessions: where heartbeats are accepted; the health server uses the same.
  package init(
    core: CoordinatorCore, store: any Store, sessions: SessionTable, logger: Logger,
    clock: @escaping @Sendable () -> Now = SystemTime.now
  ) {
    self.core = core
    self.store = store
    self.sessions = sessions
    self.logger = logger
    self.clock = clock
    settings = core.settings
  }

  /// What queries see: never anything that could still be undone.
  var visible: CoordinatorCore { committed ?? core }

  /// Takes heartbeats without waiting for anything.
  package nonisolated func receive(_ heartbeats: [ReceivedHeartbeat]) { mailbox.post(heartbeats) }

  /// Takes other signs of life, likewise.
  package nonisolated func receive(_ signs: [ReceivedSign]) { mailbox.post(signs) }

  /// Silent hosts are asked through this server from now on.
  package nonisolated func use(_ server: HealthServer) { probes.connect(server) }

  /// Runs until the service group shuts down or the task is cancelled.
  /// - Throws: `StoreError.staleRevision` when somebody else wrote to the store.
  package func run() async throws {
    let mailbox = mailbox
    defer { endAll() }
    await learnTimeZones()
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          while !Task.isCancelled {
            // Cancelled, when the loop has ended: so does this one.
            try? await Task.sleep(for: Self.tickInterval)
            mailbox.tick()
          }
        }
        defer { group.cancelAll() }
        try await self.loop()
      }
    } onCancelOrGracefulShutdown: {
      mailbox.close()
    }
  }

  /// The zones of the crons that the store held.
  private func learnTimeZones() async {
    do throws(APIError) {
      let zones = try await Self.timeZones(core.namedTimeZones)
      for (name, zone) in zones.known { core.learn(zone, of: name) }
      for error in zones.unknown { logger.error("Crons in this time zone do not run: \(error)") }
    } catch {
      logger.error("Crons outside UTC do not run: \(error)")
    }
  }

  private func loop() async throws {
    while let batch = await mailbox.next() {
      observe(batch)
      if stalled == nil || batch.isTick { try await commitObservations() }
      if !batch.commands.isEmpty { try await run(batch.commands) }
      if batch.isTick { afterTick() }
    }
  }

  /// Heartbeats first: a tick that came while the loop was held up must not find them missing.
  private func observe(_ batch: Mailbox.Batch) {
    let now = clock()
    for beat in batch.heartbeats {
      core.heartbeatReceived(
        beat.host, sessionID: beat.sessionID, beat.heartbeat,
        now: Now(monotonic: beat.receivedAt, wall: now.wall))
    }
    for sign in batch.signs {
      core.hostSigned(sign.sign, now: Now(monotonic: sign.receivedAt, wall: now.wall))
    }
    if let until = probes.listenedUntil { core.listened(until: until) }
    guard batch.isTick else { return }
    core.tick(now: now)
    probes.send(core.takeProbes())
  }

  private func commitObservations() async throws {
    let step = stalled?.step ?? core.drain()
    if let commit = step.commit {
      do {
        try await store.commit(commit)
      } catch {
        if stalled == nil {
          logger.error("Cannot commit; nothing is decided until it works: \(error)")
        }
        stalled = (step, error)
        try stopIfOverrun(error)
        return
      }
      if stalled != nil { logger.notice("The store works again.") }
      stalled = nil
    }
    publish(step)
  }

  private func run(_ commands: [Mailbox.Command]) async throws {
    if let stalled {
      for command in commands { command.refuse(Self.refusal(stalled.error)) }
      return
    }
    let before = core
    committed = before
    let now = clock()
    let completions = commands.map { $0.run(&core, now) }
    let step = core.drain()
    var outcome: Result<Revision, StoreError> = .success(core.revision)
    if let commit = step.commit {
      do {
        try await store.commit(commit)
      } catch {
        logger.error("Cannot commit \(commands.count) requests: \(error)")
        core = before
        outcome = .failure(error)
      }
    }
    committed = nil
    for completion in completions { completion(outcome) }
    switch outcome {
    case .success: publish(step)
    case .failure(let error): try stopIfOverrun(error)
    }
  }

  /// Somebody else writes to the store: this coordinator's idea of the cluster is wrong.
  private func stopIfOverrun(_ error: StoreError) throws {
    switch error {
    case .staleRevision, .epochWentBack: throw error
    default: return
    }
  }

  private func afterTick() {
    ticks += 1
    let now = clock().monotonic
    waiters.expire(now: now)
    replies.expire(now: now)
    endAnswersOfLostHosts()
    if ticks.isMultiple(of: Self.ticksPerAgentKeepAlive) { streams.keepAlive() }
    if ticks.isMultiple(of: Self.ticksPerWatchKeepAlive) { watchers.keepAlive() }
  }

  private func endAll() {
    mailbox.close()
    waiters.endAll()
    replies.endAll()
    streams.endAll()
    watchers.endAll()
  }

  static func refusal(_ error: StoreError) -> APIError {
    APIError(code: .unavailable, message: "nothing was changed: \(error)")
  }
}
