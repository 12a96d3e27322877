// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import TendonCore
import TendonLinux
import TendonModel

/// The coordinator's core with a whole cluster in it: 10,000 hosts with sessions, and 1,000,000 instances that their
/// agents have told of, by report and by heartbeat.
struct CoreBenchmark {
  private static let serviceCount = 200
  private static let commandCount = 21
  private var now = Now(
    monotonic: MonotonicTime(nanoseconds: 0), wall: Timestamp(millisecondsSinceEpoch: 0))
  private let hosts: [HostID]
  private var core: CoordinatorCore
  private var expected: [HostID: [DesiredPlacement]] = [:]

  /// - Precondition: nothing large is in this process yet, since its resident memory is measured.
  static func run() throws -> [BenchResult] {
    var benchmark = try Self()
    try benchmark.tellAll()
    benchmark.expected = [:]
    tendon_memory_trim()
    let memory = BenchResult(
      group: "placement", name: "core_rss_mb", value: try residentMegabytes(), unit: "MB",
      n: PlacementSpeed.instanceCount, target: .atMost(600),
      note: "coordinator's core with every instance's placement, status and health")
    return [
      memory, try benchmark.command(), try benchmark.loss(), try benchmark.preemption(),
    ]
  }

  private init() throws {
    hosts = try (0..<PlacementSpeed.hostCount).map { try HostID("host\($0)") }
    let stored = try Self.stored(hosts)
    core = CoordinatorCore(
      stored: stored, settings: CoordinatorSettings(), coordinatorEpoch: 1, now: now)
    for record in stored.placements {
      expected[record.placement.host, default: []].append(record.placement)
    }
  }

  private static func stored(_ hosts: [HostID]) throws -> StoredState {
    var services: [ServiceRecord] = []
    var placements: [PlacementRecord] = []
    placements.reserveCapacity(PlacementSpeed.instanceCount)
    let slots = PlacementSpeed.instanceCount / serviceCount
    for number in 0..<serviceCount {
      var resources = Resources()
      resources.cpu.request = MilliCPU(500)
      resources.memory.request = .mebibytes(512)
      let spec = ServiceSpec(
        name: try ServiceName("service\(number)"), command: ["/bin/sleep", "infinity"],
        replicas: slots, resources: resources)
      services.append(ServiceRecord(spec: spec, revision: Revision(1)))
      let shared = Shared(wrappedValue: spec)
      for slot in 0..<slots {
        placements.append(
          PlacementRecord(
            placement: DesiredPlacement(
              epoch: Epoch(UInt64(placements.count + 1)),
              instance: InstanceID(service: spec.name, slot: slot),
              host: hosts[placements.count % hosts.count], spec: shared, resources: resources,
              resourcesRevision: Revision(1), placedAt: Timestamp(millisecondsSinceEpoch: 0))))
      }
    }
    return StoredState(
      revision: Revision(1), nextEpoch: Epoch(UInt64(placements.count + 1)), services: services,
      placements: placements,
      hosts: hosts.enumerated().map { HostRecord(id: $1, facts: facts($0)) })
  }

  private static func facts(_ number: Int) -> HostFacts {
    HostFacts(
      capacity: HostCapacity(cpu: MilliCPU(128_000), memory: .mebibytes(512 << 10)),
      labels: ["zone": "zone\(number % 5)"], address: "10.0.\(number >> 8).\(number & 255)",
      kernel: "6.12.0", controllers: ["cpu", "io", "memory", "pids"], version: "1")
  }

  /// Every agent opens its session and tells all that it has.
  private mutating func tellAll() throws {
    for (number, host) in hosts.enumerated() {
      let session = UInt32(number + 1)
      try core.sessionOpened(
        host,
        SessionRequest(
          facts: Self.facts(number), incarnation: Self.incarnation(number), nonce: "",
          probeVersion: 1),
        sessionID: session, now: now)
      _ = try core.streamOpened(host, sessionID: session, now: now)
      let placements = expected[host] ?? []
      try core.reportReceived(
        host,
        AgentReport(
          sessionID: session, sequence: 1, appliedRevision: Revision(1), isComplete: true,
          statuses: placements.map(Self.status), removed: []),
        now: now)
      beat(number, 1, placements, at: now)
      _ = core.drain()
    }
  }

  private static func incarnation(_ number: Int) -> Incarnation {
    Incarnation(bootHigh: 1, bootLow: UInt64(number), agentStartedAt: 1)
  }

  private mutating func beat(
    _ number: Int, _ sequence: UInt64, _ placements: [DesiredPlacement] = [], at time: Now
  ) {
    core.heartbeatReceived(
      hosts[number], sessionID: UInt32(number + 1),
      Heartbeat(
        sequence: sequence, incarnation: Self.incarnation(number), sentAt: time.monotonic,
        appliedRevision: Revision(1), roundTripMicroseconds: 100,
        usage: HostUsage(cpuMilli: 5000, memoryUsedBytes: 1 << 34),
        instances: placements.map {
          InstanceHealth(
            epoch: $0.epoch, phase: .running, restarts: 0, cpuMilli: 50, memoryBytes: 1 << 24)
        }),
      now: time)
  }

  /// What an agent tells of one that runs, with strings of its own, as they come out of a message.
  private static func status(of placement: DesiredPlacement) -> PlacementStatus {
    func own(_ text: String) -> String { String(decoding: Array(text.utf8), as: UTF8.self) }
    func knob(_ name: String, _ requested: String, _ value: String) -> KnobReport {
      KnobReport(
        knob: own(name), requested: own(requested), written: own(value), readBack: own(value),
        isInForce: true)
    }
    return PlacementStatus(
      epoch: placement.epoch, instance: placement.instance, phase: .running,
      pid: Int32(truncatingIfNeeded: placement.epoch.rawValue), pidStartTicks: 1000,
      startedAt: placement.placedAt, resourcesRevision: Revision(1), resizeMicroseconds: 100,
      knobs: [
        knob("cpu.weight", "request 500m", "20"), knob("cpu.max", "limit max", "max 100000"),
        knob("cpu.max.burst", "burst 0", "0"), knob("memory.low", "request 512Mi", "536870912"),
        knob("memory.high", "limit max", "max"), knob("memory.max", "limit max", "max"),
        knob("memory.swap.max", "swap limit 0", "0"), knob("pids.max", "at most max", "max"),
      ],
      message: own("running"))
  }

  /// A command, as the shell runs one: the core as it was before stays, until the commit is done.
  private mutating func command() throws -> BenchResult {
    var change = ResourcesChange()
    change.memoryRequest = .mebibytes(256)
    var took: [Double] = []
    for number in 0..<Self.commandCount {
      let before = core
      took.append(
        try ContinuousClock().measure {
          _ = try core.resize(
            try ServiceName("service\(number)"), ResizeRequest(slot: 1, change: change), now: now)
          _ = core.drain()
        }.milliseconds)
      withExtendedLifetime(before) {}
    }
    return BenchResult(
      group: "placement", name: "core_command_ms", value: took.median, unit: "ms", n: took.count,
      note: "one instance resized, with a copy of the core to fall back on")
  }

  /// Something important fits nowhere: the command that finds whom to stop for it, among all.
  private mutating func preemption() throws -> BenchResult {
    var resources = Resources()
    resources.cpu.request = MilliCPU(100_000)
    resources.memory.request = .mebibytes(512)
    var spec = ServiceSpec(
      name: try ServiceName("urgent"), command: ["/bin/sleep", "infinity"], replicas: 1,
      resources: resources)
    spec.priority = Priority(900) ?? .normal
    var stopped = 0
    let took = try ContinuousClock().measure {
      _ = try core.apply([spec], now: now)
      stopped =
        core.drain().commit?.changes.count {
          if case .putPlacement(let record) = $0 { record.stopReason != nil } else { false }
        } ?? 0
    }
    guard stopped > 0 else { throw BenchError("nothing was stopped for what is important") }
    return BenchResult(
      group: "placement", name: "core_preempt_ms", value: took.milliseconds, unit: "ms",
      n: stopped, note: "whom to stop for one that fits nowhere, among 1,000,000")
  }

  /// One host falls silent: the tick that finds it down and decides where its instances go.
  private mutating func loss() throws -> BenchResult {
    let step = Duration.milliseconds(250)
    let start = now.monotonic
    for round in 1...40 {
      now = Now(
        monotonic: start + step * round,
        wall: Timestamp(millisecondsSinceEpoch: 250 * Int64(round)))
      for number in hosts.indices.dropFirst() { beat(number, UInt64(round + 1), at: now) }
      let before = core
      var moved = 0
      let took = ContinuousClock().measure {
        core.tick(now: now)
        moved =
          core.drain().commit?.changes.count { if case .putPlacement = $0 { true } else { false } }
          ?? 0
      }
      withExtendedLifetime(before) {}
      guard moved > 0 else { continue }
      return BenchResult(
        group: "placement", name: "core_host_loss_ms", value: took.milliseconds, unit: "ms",
        n: moved, note: "a host of 10,000 is down: all its instances placed elsewhere")
    }
    throw BenchError("a silent host was not found down in 10 s")
  }

  /// Resident memory of this process: the second number of statm, in pages (proc(5)).
  private static func residentMegabytes() throws -> Double {
    guard let statm = try KernelFile.read("/proc/self/statm"),
      let pages = statm.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
    else { throw BenchError("/proc/self/statm does not tell the resident memory") }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1e6
  }
}
