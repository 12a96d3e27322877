// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonLinux
@testable import TendonModel

/// A host of a test's own: folders, a cgroup (without controllers, which these tests don't need) and a tendon-init, on
/// which one agent after the other may live.
final class AgentHarness {
  /// Where a test may make cgroups; nil when it may not.
  static let mount: String? = {
    guard geteuid() == 0 else { return nil }
    // Without a mount these tests cannot run at all, which their trait says.
    return try? CgroupMount.discover().mountPoint
  }()

  private static let program: Result<String, HarnessFault> = {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let folder = "\(root)/.build/tendon-init-for-tests"
    do {
      var command = ChildProcess.Command(
        arguments: ["make", "-s", "-C", "\(root)/Sources/tendon-init", "BIN=\(folder)"],
        environment: ["PATH=" + (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin")])
      command.directory = "/"
      let status = try ChildProcess(command).wait()
      guard status.isSuccess else { return .failure(HarnessFault("make: \(status)")) }
      return .success("\(folder)/tendon-init")
    } catch {
      return .failure(HarnessFault("make: \(error)"))
    }
  }()

  let folder: ScratchFolder
  let tree: CgroupTree
  let blocking = Blocking.start(threads: 2)
  let launcher: InitLauncher
  let logs: LogFiles
  /// Where the records are; the harness's own folder unless a test puts another in its place.
  var stateDirectory: String {
    didSet { records = RecordStore(stateDirectory: stateDirectory) }
  }
  /// Opened anew for each life.
  private(set) var records: RecordStore
  var bootID = "1-1"

  private init() throws {
    let program = try Self.program.get()
    let folder = try ScratchFolder()
    self.folder = folder
    let name = folder.path.split(separator: "/").last ?? ""
    tree = CgroupTree(root: "\(try #require(Self.mount))/\(name)", controllers: [])
    try Files.makeDirectory(tree.root)
    launcher = InitLauncher(
      executable: program, socketPath: folder.path + "/init.sock", cgroup: nil)
    logs = LogFiles(directory: folder.path + "/logs")
    stateDirectory = folder.path
    records = RecordStore(stateDirectory: stateDirectory)
  }

  static func with(_ body: (AgentHarness) async throws -> Void) async throws {
    let harness = try AgentHarness()
    do {
      try await body(harness)
    } catch {
      try await harness.tearDown()
      throw error
    }
    try await harness.tearDown()
  }

  /// One life of an agent: it takes over what is there, and is gone when `body` returns, as after a crash.
  func life(_ body: (AgentLife) async throws -> Void) async throws {
    records = RecordStore(stateDirectory: stateDirectory)
    var log = Logger(label: "test")
    log.logLevel = .critical
    let storage = InstanceStorage.none(reason: "a test")
    let work = HostWork(
      tree: tree, storage: storage, logs: logs, records: records, bootID: bootID,
      workDirectory: folder.path + "/work",
      sandboxHost: SandboxHost(
        stage: folder.path + "/root", agentDirectories: [folder.path],
        credentials: folder.path + "/credentials", cgroupMount: Self.mount ?? "/sys/fs/cgroup"),
      limits: InstanceLimits(
        tree: tree, storage: storage, workDirectory: folder.path + "/work"),
      images: ImageStore(directory: folder.path + "/images", blocking: blocking),
      lease: LeaseHolder(
        file: LeaseFile(socket: folder.path + "/init.sock", boot: try BootID.current())))
    for directory in [work.sandboxHost.stage, work.sandboxHost.credentials] {
      try Files.makeDirectory(directory)
    }
    let notify = try NotifySocket(path: folder.path + "/notify.sock")
    let agent = HostAgent(
      host: try HostID("host1"), work: work, blocking: blocking, instancePath: "/usr/bin:/bin",
      notifyPath: notify.path, log: log)
    let client = try await launcher.connect().client
    try await agent.adopt(from: client)
    let link = InitLink(launcher: launcher, first: client, agent: agent, log: log)
    let life = AgentLife(agent: agent, signals: await agent.sessionOpened(1))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await agent.run() }
      group.addTask { try await link.run() }
      let notifications = NotifyLink(socket: notify, tree: tree, agent: agent, log: log)
      group.addTask { try await notifications.run() }
      defer { group.cancelAll() }
      try await body(life)
    }
  }

  private func tearDown() async throws {
    let client = try await launcher.connect().client
    var running = 0
    for child in try await client.list() {
      switch child {
      case .exited(let exit): try client.acknowledge(exit)
      case .running(_, _, let process):
        running += 1
        // One that ended meanwhile is told all the same.
        try? process.pidfd.send(signal: SIGKILL)
      }
    }
    var events = client.events.makeAsyncIterator()
    while running > 0, case .exited(let exit) = await events.next() {
      try client.acknowledge(exit)
      running -= 1
    }
    try await client.shutdown()
    for leaf in try tree.leaves() {
      try CgroupEnd.kill(tree.path(of: leaf), waitingUpTo: .seconds(5))
      try tree.remove(leaf)
    }
    #expect(rmdir(tree.root) == 0, "\(tree.root): \(errnoText(errno))")
    await blocking.shutDown()
  }
}

struct HarnessFault: Error {
  let text: String
  init(_ text: String) { self.text = text }
}

/// An agent at work, and its coordinator.
final class AgentLife {
  let agent: HostAgent
  private var signals: AsyncStream<Void>.Iterator
  private var revision: UInt64 = 1
  private var removed: Set<Epoch> = []
  private var latest: [Epoch: PlacementStatus] = [:]
  private var conditions: [String: String] = [:]

  init(agent: HostAgent, signals: AsyncStream<Void>) {
    self.agent = agent
    self.signals = signals.makeAsyncIterator()
  }

  func want(_ placements: DesiredPlacement...) async {
    revision += 1
    await agent.received(upserts: placements, removals: [], revision: Revision(revision))
  }

  /// The first line of a session: all that is wanted.
  func snapshot(_ placements: DesiredPlacement...) async {
    revision += 1
    await agent.received(snapshot: placements, revision: Revision(revision))
  }

  /// Takes reports until the host's conditions are as waited for.
  func conditions(
    until isReached: ([String: String]) -> Bool
  ) async throws -> [String: String] {
    while true {
      await takeReports()
      if isReached(conditions) { return conditions }
      try await nextSignal()
    }
  }

  func end(_ epoch: UInt64) async {
    revision += 1
    await agent.received(upserts: [], removals: [Epoch(epoch)], revision: Revision(revision))
  }

  /// Takes reports until one says what is waited for.
  func status(
    of epoch: UInt64, until isReached: (PlacementStatus) -> Bool
  ) async throws -> PlacementStatus {
    while true {
      await takeReports()
      if let status = latest[Epoch(epoch)], isReached(status) { return status }
      try await nextSignal()
    }
  }

  func untilRemoved(_ epoch: UInt64) async throws {
    while true {
      await takeReports()
      if removed.contains(Epoch(epoch)) { return }
      try await nextSignal()
    }
  }

  private func takeReports() async {
    while let report = await agent.nextReport() {
      await agent.reportDelivered(report)
      removed.formUnion(report.removed)
      conditions = report.conditions ?? conditions
      for status in report.statuses { latest[status.epoch] = status }
    }
  }

  private func nextSignal() async throws {
    guard await signals.next(isolation: #isolation) != nil else {
      throw HarnessFault("the agent ended")
    }
  }
}

func shell(
  _ script: String, epoch: UInt64 = 1, restart: RestartPolicy = .always,
  grace: Span = .seconds(5)
) throws -> DesiredPlacement {
  var placement = try samplePlacement(epoch: epoch)
  placement.spec.command = ["sh", "-c", script]
  placement.spec.restart = restart
  placement.spec.stopGrace = grace
  return placement
}
