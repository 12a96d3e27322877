// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import TendonCore
import TendonLinux
import TendonModel

/// Taking over what an agent before this one has left: records, children of tendon-init, cgroups.
extension HostAgent {
  /// Once, before anything else.
  func adopt(from client: InitClient) async throws(AgentError) {
    initClient = client
    initGeneration += 1
    let children: [InitChild]
    do { children = try await client.list() } catch { throw .initProgram(error) }
    let records = await loadRecords()
    var byEpoch = Dictionary(grouping: children.filter { !$0.isAuxiliary }, by: \.epoch)
    for record in records {
      var memory = record.memory
      // The agent ended before it wrote down that it had started it.
      if memory.startedAt == nil { complete(&memory, by: byEpoch[record.epoch] ?? []) }
      core.restore(memory)
      recorded.insert(record.epoch)
      heldPorts[record.epoch] = memory.ports
      for port in memory.ports.values { ports.adopt(port) }
      adoptUser(of: memory)
      if record.bootID == work.bootID { adoptFence(of: memory.desired) }
      samples.changed(record.epoch)
    }
    await adoptLimits(of: records)
    for record in records {
      await endLeftAuxiliaries(of: record.memory.desired)
      await adopt(record, byEpoch.removeValue(forKey: record.epoch) ?? [])
    }
    noteUnclaimed(byEpoch)
    // Ends of earlier processes of a placement, whose acknowledgement was lost.
    for case .exited(let exit) in children where exits[ProcessKey(exit.identity)] == nil {
      await exited(exit)
    }
  }

  /// What a process tells of itself, where no record does: its ports and its user, and since when it runs.
  /// - Parameter children: those of this placement.
  func complete(_ memory: inout PlacementMemory, by children: [InitChild]) {
    guard case .running(_, _, let process)? = children.first(where: \.isRunning) else { return }
    memory.ports = ports(of: memory.desired, process)
    if memory.desired.spec.user == Sandbox.dynamicUser {
      memory.dynamicUser = UserPool.user(ofProcess: process.pid)
    }
    let age = HostClock.bootTime - ProcessTime.start(ofTicks: process.identity.startTicks)
    memory.startedAt = Timestamp(
      millisecondsSinceEpoch: HostClock.wall.millisecondsSinceEpoch - age.wholeMilliseconds)
  }

  /// The ports that the process was given, from its environment.
  private func ports(
    of placement: DesiredPlacement, _ process: SpawnedProcess
  ) -> [String: UInt16] {
    let variables: [String]
    do {
      variables = try ProcessCredentials.environment(pid: process.pid)
    } catch {
      log.about(placement.instance).warning(
        "\(placement.instance): its ports are not known: \(error)")
      return [:]
    }
    var ports: [String: UInt16] = [:]
    for spec in placement.spec.ports {
      let prefix = spec.variable + "="
      let value = variables.first { $0.hasPrefix(prefix) }
      ports[spec.name] = value.flatMap { UInt16($0.dropFirst(prefix.count)) }
    }
    return ports
  }

  /// What the cgroups of this boot hold of cores, and what their services' cgroups are entitled to.
  func adoptLimits(of records: [RememberedPlacement]) async {
    let work = work
    let placements = records.filter { $0.bootID == work.bootID }.map(\.memory.desired)
    let faults = await blocking.run { () -> [String] in
      work.limits.adopt(placements.map { ($0, work.path(of: $0)) })
    }
    for fault in faults { log.warning("\(fault)") }
  }

  private func loadRecords() async -> [RememberedPlacement] {
    let store = work.records
    do {
      let (records, faults) = try await blocking.run { () throws(StateError) in try store.load() }
      for fault in faults { log.error("placement records: \(fault)") }
      if let first = faults.first {
        let more = faults.count > 1 ? " (and \(faults.count - 1) more)" : ""
        setCondition(Self.damageCondition, "\(first)\(more)")
      }
      return records
    } catch {
      // What runs is known to tendon-init, and what is wanted to the coordinator.
      log.error("placement records cannot be read: \(error)")
      setCondition(Self.damageCondition, "\(error)")
      return []
    }
  }

  /// - Parameter children: those of this placement.
  func adopt(_ record: RememberedPlacement, _ children: [InitChild]) async {
    let epoch = record.memory.desired.epoch
    let name = "\(record.memory.desired.instance) (epoch \(epoch))"
    guard record.bootID == work.bootID else {
      log.notice("\(name) ended with the host's reboot")
      return tell(.hostRebooted, of: epoch)
    }
    for case .running(_, _, let process) in children {
      log.about(record.memory.desired.instance).notice("\(name) taken over: \(process.identity)")
      processes[epoch] = process.pidfd
      return adopted(epoch, ProcessKey(process.identity))
    }
    let ended = children.compactMap { child -> ExitRecord? in
      if case .exited(let exit) = child { exit } else { nil }
    }
    if let last = ended.max(by: { $0.atBootNanoseconds < $1.atBootNanoseconds }) {
      return await exited(last)
    }
    guard let process = record.memory.process else { return tell(.nothingFound, of: epoch) }
    guard let pidfd = hold(process, of: record.memory.desired) else {
      log.warning("\(name): \(process) is gone, and how it ended is not known")
      return endedUnseen(epoch, process)
    }
    log.notice("\(name) taken over without tendon-init: \(process)")
    adopted(epoch, process)
    watch(epoch, process, from: pidfd)
  }

  private func adopted(_ epoch: Epoch, _ process: ProcessKey) {
    tell(.adopted(process, runningSince: ProcessTime.start(ofTicks: process.startTicks)), of: epoch)
  }

  /// A hold on the very process of a placement: its pid, its start time and its cgroup have to agree, or its pid came
  /// to mean another, which is never touched.
  /// - Returns: nil when it is gone, and when that cannot be found out.
  func hold(_ process: ProcessKey, of placement: DesiredPlacement) -> PidFD? {
    do {
      guard let pidfd = try process.identity.hold() else { return nil }
      // The hold keeps the pid from meaning another while we look.
      return try CgroupProcesses.list(work.path(of: placement)).contains(process.pid) ? pidfd : nil
    } catch {
      log.about(placement.instance).error(
        "\(placement.instance): \(process) cannot be looked at: \(error)")
      return nil
    }
  }
}

extension InitChild {
  /// Whether it is a hook or a probe, and not an instance's program.
  var isAuxiliary: Bool {
    switch self {
    case .running(_, let name, _): SpawnRequest.isAuxiliary(name)
    case .exited(let exit): SpawnRequest.isAuxiliary(exit.name)
    }
  }
}

/// Process start times on the boot-time clock.
enum ProcessTime {
  static func start(ofTicks ticks: UInt64) -> MonotonicTime {
    let perSecond = Int64(sysconf(Int32(_SC_CLK_TCK)))
    return MonotonicTime(nanoseconds: Int64(clamping: ticks) * (1_000_000_000 / perSecond))
  }
}
