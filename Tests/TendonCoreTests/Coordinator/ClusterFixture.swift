// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// A coordinator's core with hosts that answer at once, and a clock that the test moves.
struct ClusterFixture {
  var core: CoordinatorCore
  var now = Now(
    monotonic: MonotonicTime(nanoseconds: 1_000_000_000_000),
    wall: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000))
  /// Everything that was committed, in order.
  var commits: [StoreCommit] = []
  /// What each connected host should run, from its snapshot and deltas alone.
  var desired: [HostID: [Epoch: DesiredPlacement]] = [:]
  private var sessions: [HostID: UInt32] = [:]
  private var sequences: [HostID: UInt64] = [:]
  private var lastSession: UInt32 = 0
  private var beats: UInt64 = 0
  /// Hosts that send heartbeats and do as they are told.
  var living: Set<HostID> = []
  /// Statuses that living hosts have told.
  private var told: [HostID: [Epoch: PlacementStatus]] = [:]
  /// Placements whose process ended by itself, for good, with how.
  var ended: [Epoch: ExitStatus] = [:]

  init(
    stored: StoredState = StoredState(), epoch: UInt64 = 1,
    set: (inout CoordinatorSettings) -> Void = { _ in }
  ) {
    var settings = CoordinatorSettings()
    set(&settings)
    core = CoordinatorCore(stored: stored, settings: settings, coordinatorEpoch: epoch, now: now)
  }

  static func host(_ name: String) -> HostID { try! HostID(name) }
  static func service(_ name: String) -> ServiceName { try! ServiceName(name) }

  static func spec(
    _ name: String, replicas: Int = 1, cpu: Int64 = 100, memory: Int64 = 64,
    command: [String] = ["sleep", "inf"], port: UInt16? = nil,
    restart: RestartPolicy = .always
  ) -> ServiceSpec {
    ServiceSpec(
      name: service(name), command: command, replicas: replicas,
      ports: port.map { [PortSpec(name: "http", fixed: $0)] } ?? [],
      resources: Resources(
        cpu: CPUResources(request: MilliCPU(cpu), limit: .max),
        memory: MemoryResources(request: .mebibytes(memory), limit: .max)),
      restart: restart)
  }

  /// Commits and hands on what the core wants, as the shell does.
  mutating func drain() {
    let step = core.drain()
    if let commit = step.commit { commits.append(commit) }
    for (host, line) in step.deltas { take(line, on: host) }
  }

  private mutating func take(_ line: AgentStreamLine, on host: HostID) {
    switch line {
    case .snapshot(_, let placements):
      desired[host] = Dictionary(uniqueKeysWithValues: placements.map { ($0.epoch, $0) })
    case .delta(_, let upserts, let removals):
      for placement in upserts { desired[host, default: [:]][placement.epoch] = placement }
      for epoch in removals { desired[host]?[epoch] = nil }
    case .query, .keepAlive: break
    }
  }

  mutating func join(
    _ name: String, cpu: Int64 = 1000, memory: Int64 = 1024, boot: UInt64 = 1,
    labels: [String: String] = [:], countables: Countables? = nil
  ) throws {
    let host = Self.host(name)
    lastSession += 1
    let facts = HostFacts(
      capacity: HostCapacity(cpu: MilliCPU(cpu), memory: .mebibytes(memory)), labels: labels,
      address: name, kernel: "6.1", controllers: ["cpu", "io", "memory", "pids"], version: "0",
      countables: countables)
    try core.sessionOpened(
      host,
      SessionRequest(
        facts: facts,
        incarnation: Incarnation(bootHigh: boot, bootLow: 0, agentStartedAt: UInt64(lastSession)),
        nonce: ""), sessionID: lastSession, now: now)
    sessions[host] = lastSession
    sequences[host] = 0
    take(try core.streamOpened(host, sessionID: lastSession, now: now), on: host)
    living.insert(host)
    drain()
    try report(host, isComplete: true)
  }

  /// The host's kernel closes the agent's stream.
  mutating func closeStream(_ name: String) {
    core.streamClosed(Self.host(name), sessionID: sessions[Self.host(name)]!, now: now)
  }

  /// Lets time pass in ticks of 50 ms, with a heartbeat of every living host each 250 ms.
  mutating func pass(_ duration: Duration, isObedient: Bool = true) throws {
    let ticks = duration.wholeMilliseconds / 50
    for tick in 0..<ticks {
      advance(.milliseconds(50))
      if tick % 5 == 0 {
        beat()
      }
      core.tick(now: now)
      drain()
      if isObedient { try obey() }
    }
  }

  /// A heartbeat of every living host.
  mutating func beat() {
    beats += 1
    for host in living.sorted() {
      core.heartbeatReceived(
        host, sessionID: sessions[host]!,
        Heartbeat(
          sequence: beats, incarnation: Incarnation(bootHigh: 1, bootLow: 0, agentStartedAt: 1),
          sentAt: now.monotonic, appliedRevision: core.revision, roundTripMicroseconds: 1,
          usage: HostUsage(cpuMilli: 0, memoryUsedBytes: 0), instances: []), now: now)
    }
  }

  mutating func advance(_ duration: Duration) {
    now.monotonic = now.monotonic + duration
    now.wall.millisecondsSinceEpoch += duration.wholeMilliseconds
  }

  /// Every living host runs what it should, stops the rest, and says so; until nothing more follows.
  mutating func obey() throws {
    drain()
    var before: [HostID: [Epoch: DesiredPlacement]]
    repeat {
      before = desired
      for host in living.sorted() { try report(host) }
    } while before != desired
  }

  mutating func report(_ host: HostID, isComplete: Bool = false) throws {
    let wanted = desired[host] ?? [:]
    let known = told[host] ?? [:]
    var statuses: [Epoch: PlacementStatus] = [:]
    for (epoch, placement) in wanted {
      statuses[epoch] = PlacementStatus(
        epoch: epoch, instance: placement.instance, phase: .running,
        pid: Int32(truncatingIfNeeded: epoch.rawValue) + 100,
        resourcesRevision: placement.resourcesRevision)
      if let exit = ended[epoch] {
        statuses[epoch]!.phase = .ended
        statuses[epoch]!.pid = nil
        statuses[epoch]!.lastExit = ExitReport(status: exit, at: now.wall, outOfMemory: false)
      }
    }
    let removed = known.keys.filter { wanted[$0] == nil }.sorted()
    guard isComplete || !removed.isEmpty || statuses != known else { return }
    told[host] = statuses
    try send(host, statuses: Array(statuses.values), removed: removed, isComplete: isComplete)
  }

  mutating func send(
    _ host: HostID, statuses: [PlacementStatus], removed: [Epoch] = [], isComplete: Bool = false,
    conditions: [String: String]? = nil
  ) throws {
    sequences[host]! += 1
    try core.reportReceived(
      host,
      AgentReport(
        sessionID: sessions[host]!, sequence: sequences[host]!, appliedRevision: core.revision,
        isComplete: isComplete, statuses: statuses, removed: removed, conditions: conditions),
      now: now)
    drain()
  }

  /// What a store would hold after all commits.
  func stored() -> StoredState {
    commits.reduce(into: StoredTables()) { $0.make($1) }.state
  }

  /// Host names of the instances of a service by slot, of those that run.
  func hosts(of name: String) -> [Int: String] {
    var result: [Int: String] = [:]
    for view in core.instanceViews(of: Self.service(name)) where view.state == .running {
      result[view.id.slot] = view.host?.rawValue
    }
    return result
  }
}
