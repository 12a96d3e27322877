// SPDX-License-Identifier: Apache-2.0

import CLinux
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import TendonCore
import TendonLinux
import TendonModel

/// The shell around `AgentCore`: feeds it what happens on the host and from the coordinator, and does what it asks
/// for. The actions of one placement are done in their order, those of different placements side by side.
actor HostAgent: Service {
  /// Something that goes on by itself until it ends or the agent does.
  enum Job: Sendable {
    case drain(Epoch)
    case timer(Epoch, TimerID, Duration)
    case watch(Epoch, ProcessKey, PidFD)
    case persist(Epoch, after: Duration)
    case retryRecords
    case record(Epoch)
    case recordPutOff
    case hook(Epoch, HookRun)
    case endHooks(Epoch)
    case probe(Epoch, ProbeAttempt)
    case rest
  }

  let work: HostWork
  let blocking: Blocking
  let log: Logger
  /// `PATH` of instances.
  let instancePath: String
  var core: AgentCore
  var ports: PortAllocator
  var initClient: InitClient?
  /// Grows with each connection to tendon-init.
  var initGeneration = 0
  /// A hold on each placement's main process.
  var processes: [Epoch: PidFD] = [:]
  /// Exits not acknowledged yet.
  var exits: [ProcessKey: ExitRecord] = [:]
  /// Ports by placement and name.
  var heldPorts: [Epoch: [String: UInt16]] = [:]
  /// Uids of the pool by placement.
  var heldUsers: [Epoch: UInt32] = [:]
  var users = UserPool()
  /// The default filter of system calls by the capabilities that are kept.
  var filters: [Set<Capability>?: [UInt8]] = [:]
  /// The resources that were last written.
  var applied: [Epoch: Resources] = [:]
  /// Whose records are about to be written.
  var toPersist: Set<Epoch> = []
  /// Whose records wait for many starts to be over.
  var putOff: Set<Epoch> = []
  /// Placements with a record on disk, if perhaps an old one.
  var recorded: Set<Epoch> = []
  /// Whose newest record is not on disk.
  var unwritten: Set<Epoch> = []
  var isRetryingRecords = false
  /// What tendon-init has of placements without a record, until the coordinator says whether they are wanted.
  var unclaimed: [Epoch: [InitChild]] = [:]
  var recordLanes: [Epoch: RecordLane] = [:]
  /// What was noted when each placement's process was started: by the thread that starts it, since its end may be heard
  /// of before that thread's answer.
  let runStarts = RunStarts()
  var specs = LatestSpecs()
  var auxiliaries = AuxiliaryRuns()
  let probeSlots = ProbeSlots()
  let network: NetworkProbe
  /// Where instances tell of themselves; nil where nobody listens.
  let notifyPath: String?
  var reportSignal: AsyncStream<Void>.Continuation?
  var samples = UsageSamples()
  var hostSampler = HostUsageSampler()
  var hostUsage = HostUsage(cpuMilli: 0, memoryUsedBytes: 0)
  var samplingFault: KernelFileError?
  /// The newest revision of the desired state that the coordinator spoke of.
  let newestRevision = Mutex(Revision(0))
  private var queues: [Epoch: [LifecycleAction]] = [:]
  private(set) var gate = StartGate()
  /// How much memory may have been used and freed since the last rest, in placements that were dealt with.
  private var placementsSinceRest = 0
  private var isRestPlanned = false
  /// Not bounded by dropping: at most one drain and a few timers per placement.
  private let jobs: AsyncStream<Job>
  private let jobsContinuation: AsyncStream<Job>.Continuation

  init(
    host: HostID, work: HostWork, blocking: Blocking, instancePath: String,
    eventLoops: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    notifyPath: String? = nil, log: Logger
  ) {
    network = NetworkProbe(group: eventLoops)
    self.notifyPath = notifyPath
    core = AgentCore(host: host)
    ports = PortAllocator()
    self.work = work
    self.blocking = blocking
    self.instancePath = instancePath
    self.log = log
    (jobs, jobsContinuation) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
  }

  /// Works until the agent is asked to end.
  func run() async throws {
    await cancelWhenGracefulShutdown { await self.workOnJobs() }
  }

  private func workOnJobs() async {
    await withDiscardingTaskGroup { group in
      for await job in jobs {
        group.addTask { await self.work(on: job) }
      }
      group.cancelAll()
    }
  }

  var presentEpochs: Set<Epoch> { core.epochs }

  /// Something happened to a placement.
  func tell(_ event: LifecycleEvent, of epoch: Epoch) {
    take(core.handle(event, of: epoch, now: HostClock.now))
  }

  func take(_ orders: [AgentCore.Order]) {
    for order in orders {
      if let job = job(at: order.epoch, for: order.action) {
        start(job)
      } else if queues[order.epoch] != nil {
        queues[order.epoch]?.append(order.action)
      } else {
        queues[order.epoch] = [order.action]
        // What is done before a start, or the start itself, comes first; everything else goes on at once.
        if order.action.beginsStart, !gate.enter(order.epoch) { continue }
        start(.drain(order.epoch))
      }
    }
  }

  /// What waits for nothing that was asked for before.
  private func job(at epoch: Epoch, for action: LifecycleAction) -> Job? {
    switch action {
    case .armTimer(let timer, let delay): .timer(epoch, timer, delay)
    case .endHooks: .endHooks(epoch)
    case .probe(let attempt): .probe(epoch, attempt)
    default: nil
    }
  }

  func start(_ job: Job) { jobsContinuation.yield(job) }

  private func work(on job: Job) async {
    switch job {
    case .drain(let epoch): await drain(epoch)
    case .timer(let epoch, let timer, let delay):
      // Cancelled: the agent ends, and the next one arms its own.
      guard (try? await Task.sleep(for: delay)) != nil else { return }
      tell(.timerOver(timer), of: epoch)
    case .watch(let epoch, let process, let pidfd):
      await watch(epoch, process, pidfd)
    case .persist(let epoch, let delay):
      // Cancelled: the agent ends, and there is no time to lose.
      try? await Task.sleep(for: delay)
      toPersist.remove(epoch)
      record(epoch)
    case .retryRecords: await retryRecords()
    case .record(let epoch): await writeRecords(of: epoch)
    case .recordPutOff: await recordPutOff()
    case .hook(let epoch, let run): await self.run(run, of: epoch)
    case .endHooks(let epoch): await endHooks(of: epoch)
    case .probe(let epoch, let attempt): await make(attempt, of: epoch)
    case .rest: await rest()
    }
  }

  private func drain(_ epoch: Epoch) async {
    while !Task.isCancelled, let action = queues[epoch]?.first {
      queues[epoch]?.removeFirst()
      await perform(action, of: epoch)
      if case .start = action { startIsOver(epoch) }
    }
    queues[epoch] = nil
    startIsOver(epoch)
    dealtWith(placements: 1)
  }

  /// A placement was started, or its start will take its time: the next one's turn.
  func startIsOver(_ epoch: Epoch) {
    if let next = gate.done(epoch) { start(.drain(next)) }
  }

  // MARK: - Rest

  /// Below this many placements there is nothing worth giving back.
  private static var placementsBeforeRest: Int { 16 }
  /// How long nothing must have happened. Shorter gives memory back that is used again at once.
  private static var timeBeforeRest: Duration { .seconds(2) }

  /// Many placements at once take megabytes of JSON, which are free again a moment later.
  func dealtWith(placements: Int) {
    placementsSinceRest += placements
    guard placementsSinceRest >= Self.placementsBeforeRest, !isRestPlanned else { return }
    isRestPlanned = true
    start(.rest)
  }

  /// Gives free memory back to the kernel, once nothing has happened for a while.
  private func rest() async {
    while !Task.isCancelled, placementsSinceRest > 0 {
      placementsSinceRest = 0
      // Cancelled: the agent ends, and all its memory with it.
      try? await Task.sleep(for: Self.timeBeforeRest)
    }
    isRestPlanned = false
    await blocking.run { tendon_memory_trim() }
  }
}
