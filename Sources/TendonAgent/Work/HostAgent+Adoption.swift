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
    let records = try await loadRecords()
    for record in records {
      core.restore(record.memory)
      heldPorts[record.memory.desired.epoch] = record.memory.ports
      for port in record.memory.ports.values { ports.adopt(port) }
      samples.changed(record.memory.desired.epoch)
    }
    await removeOrphans(children)
    for record in records { await adopt(record, children) }
    // Ends of earlier processes of a placement, whose acknowledgement was lost.
    for case .exited(let exit) in children where exits[ProcessKey(exit.identity)] == nil {
      await exited(exit)
    }
  }

  private func loadRecords() async throws(AgentError) -> [PlacementRecordFile] {
    let store = work.records
    do {
      let (records, faults) = try await blocking.run { () throws(StateError) in try store.load() }
      for fault in faults { log.error("set aside, and its placement ended: \(fault)") }
      return records
    } catch {
      throw .state(error)
    }
  }

  private func adopt(_ record: PlacementRecordFile, _ children: [InitChild]) async {
    let epoch = record.memory.desired.epoch
    let name = "\(record.memory.desired.instance) (epoch \(epoch))"
    guard record.bootID == work.bootID else {
      log.notice("\(name) ended with the host's reboot")
      return tell(.hostRebooted, of: epoch)
    }
    for case .running(epoch, _, let process) in children {
      log.about(record.memory.desired.instance).notice("\(name) taken over: \(process.identity)")
      processes[epoch] = process.pidfd
      return adopted(epoch, ProcessKey(process.identity))
    }
    let ended = children.compactMap { child -> ExitRecord? in
      if case .exited(let exit) = child, exit.epoch == epoch { exit } else { nil }
    }
    if let last = ended.max(by: { $0.atBootNanoseconds < $1.atBootNanoseconds }) {
      return await exited(last)
    }
    guard let process = record.memory.process else { return tell(.nothingFound, of: epoch) }
    guard isInCgroup(process, of: record.memory.desired) else {
      log.warning("\(name): \(process) is gone, and how it ended is not known")
      return tell(
        .exited(process, ExitReport(status: .unknown, at: HostClock.wall, outOfMemory: false)),
        of: epoch)
    }
    log.notice("\(name) taken over without tendon-init: \(process)")
    adopted(epoch, process)
    watchOrEnd(epoch, process)
  }

  private func adopted(_ epoch: Epoch, _ process: ProcessKey) {
    tell(.adopted(process, runningSince: ProcessTime.start(ofTicks: process.startTicks)), of: epoch)
  }

  /// Whether the very process runs, and in the placement's cgroup: else its pid came to mean another.
  private func isInCgroup(_ process: ProcessKey, of placement: DesiredPlacement) -> Bool {
    do {
      guard try process.identity.hold() != nil else { return false }
      return try CgroupProcesses.list(work.path(of: placement)).contains(process.pid)
    } catch {
      log.error("\(placement.instance): \(process) cannot be looked at: \(error)")
      return false
    }
  }

  /// Ends what no record speaks of: it could not be told to anyone, and the coordinator places it anew.
  private func removeOrphans(_ children: [InitChild]) async {
    for case .running(let epoch, let instance, let process) in children
    where core.memory(of: epoch) == nil {
      log.warning("\(instance) (epoch \(epoch), \(process.identity)) has no record: killed")
      do { try process.pidfd.send(signal: SIGKILL) } catch {
        if error.errno != ESRCH { log.error("\(process.identity): \(error)") }
      }
    }
    let tree = work.tree
    do {
      let leaves = try await blocking.run { () throws(CgroupError) in try tree.leaves() }
      for leaf in leaves where core.memory(of: leaf.epoch) == nil {
        log.warning("cgroup \(leaf) has no record: emptied and removed")
        try await emptyCgroup(tree.path(of: leaf))
        try await blocking.run { () throws(CgroupError) in try tree.remove(leaf) }
      }
    } catch {
      log.error("cgroups without a record: \(error)")
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
