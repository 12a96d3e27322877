// SPDX-License-Identifier: Apache-2.0

import Glibc
import TendonCore
import TendonLinux
package import TendonModel

/// What the agent does on the host for one run of an instance, without its bookkeeping: cgroup, limits, files, spawn,
/// reap, removal. For measurements.
package final class SpawnPath {
  private let work: HostWork
  private let blocking = Blocking.start(threads: 1)
  private let client: InitClient
  private var events: AsyncStream<InitEvent>.Iterator
  private let lock: StateLock
  private var sibling: CgroupLeaf?
  /// The limits that the last run had written and read back.
  package private(set) var written: [WrittenLimit] = []

  /// One file of a cgroup.
  package struct WrittenLimit: Sendable {
    package var file: String
    package var value: String
  }

  package init(_ configuration: AgentConfiguration) async throws {
    let ground = try await blocking.run { [blocking] () throws(AgentError) in
      try Ground.prepare(configuration, blocking)
    }
    work = ground.work
    lock = ground.lock
    let launcher = InitLauncher(
      executable: configuration.initPath, socketPath: configuration.initSocket,
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
    let request = SpawnRequest(
      epoch: placement.epoch, instance: placement.instance, arguments: placement.spec.command,
      environment: ["PATH=/usr/bin:/bin"])
    var launch = Launch(placement: placement, request: request)
    // As often as an instance that is started again and again.
    launch.runsBefore = 2
    launch.isNotNoted = { preconditionFailure("\($0)") }
    launch.request.directory = work.directory(of: placement)
    let outcome = try await work.launch(launch, by: client, on: blocking)
    stages.prepare = outcome.preparation
    stages.spawn = lap() - outcome.preparation
    outcome.prepared.files.close()
    _ = try outcome.process.get()
    note(outcome.prepared.limits)
    guard case .exited(let exit)? = await events.next(isolation: #isolation) else {
      throw InitError.disconnected
    }
    stages.exit = lap()
    try client.acknowledge(exit)
    let leaf = work.leaf(of: placement)
    try await blocking.run { () throws(CgroupError) in
      do throws(CgroupError) {
        try work.tree.remove(leaf)
      } catch .cannotRemove(_, EBUSY) {
        // Its last process is not quite gone.
        _ = try CgroupEnd.waitUntilEmpty(work.tree.path(of: leaf), upTo: .seconds(1))
        try work.tree.remove(leaf)
      }
    }
    stages.remove = lap()
    return stages
  }

  private func note(_ limits: LimitsOutcome) {
    written = limits.knobs.compactMap { report in
      guard let value = report.written, report.isInForce, !report.knob.contains("/") else {
        return nil
      }
      return WrittenLimit(file: report.knob, value: value)
    }
  }

  /// The cgroup of the placement's service.
  package func slice(of placement: DesiredPlacement) -> String {
    work.tree.slice(of: placement.instance.service)
  }

  package func end() async throws {
    if let sibling { try work.tree.remove(sibling) }
    try await client.shutdown()
    await blocking.shutDown()
    withExtendedLifetime(lock) {}
  }
}
