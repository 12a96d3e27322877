// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import TendonCore
import TendonLinux
import TendonModel

/// One action, one effect.
extension HostAgent {
  func perform(_ action: LifecycleAction, of epoch: Epoch) async {
    switch action {
    case .start(let order): await start(order)
    case .applyLimits(let resources, let revision):
      await applyLimits(resources, revision: revision, of: epoch)
    case .signal(let process, let number): signal(process, number, of: epoch)
    case .runHook(let run): start(.hook(epoch, run))
    case .armTimer, .endHooks, .probe:
      preconditionFailure("begun by take(), for they wait for nothing before them")
    case .killCgroup: await killCgroup(of: epoch)
    case .removeCgroup: await removeCgroup(of: epoch)
    case .acknowledgeExit(let process): acknowledge(process)
    case .releasePorts: releasePorts(of: epoch)
    case .recordExit(let process): recordExit(process, of: epoch)
    case .persist: await untilRecorded(epoch)
    case .record: recordInTime(epoch)
    case .persistSoon: persist(epoch, after: .milliseconds(200))
    case .forget: await forget(epoch)
    case .report:
      core.reports.statusChanged(epoch)
      samples.changed(epoch)
      reportSignal?.yield()
    case .reportRemoved:
      core.reports.placementRemoved(epoch)
      samples.forget(epoch)
      reportSignal?.yield()
    }
  }

  private func applyLimits(_ resources: Resources, revision: Revision, of epoch: Epoch) async {
    guard var placement = core.memory(of: epoch)?.desired else { return }
    // A newer wish may have come; it has an order of its own.
    if placement.resourcesRevision != revision { placement.isForced = nil }
    placement.resources = resources
    placement.resourcesRevision = revision
    let path = work.path(of: placement)
    let work = work
    let previous = applied[epoch]
    let outcome = await blocking.run(slowly: InstanceLimits.mayWait(resources, after: previous)) {
      [placement] in
      work.applyLimits(placement, to: CgroupFolder(path), previous: previous)
    }
    applied[epoch] = resources
    tell(.limitsApplied(outcome), of: epoch)
  }

  private func signal(_ process: ProcessKey, _ number: Int32, of epoch: Epoch) {
    guard let pidfd = processes[epoch] else { return }
    do {
      try pidfd.send(signal: number)
    } catch {
      // ESRCH: it ended by itself, and its exit is on the way.
      if error.errno != ESRCH { log.warning("signal \(number) to \(process): \(error)") }
    }
  }

  /// How long the kernel may take to end the processes of one cgroup.
  private static var killDeadline: Span { .seconds(10) }
  /// What of it is waited for on a thread of the pool; it is over in a few milliseconds as a rule.
  private static var shortWait: Span { Span(milliseconds: 50) }

  private func killCgroup(of epoch: Epoch) async {
    guard let memory = core.memory(of: epoch) else { return }
    let path = work.path(of: memory.desired)
    do {
      try await emptyCgroup(path)
      // One that was being started then may have come into it after that.
      if await untilNoAuxiliaries(of: epoch) { try await emptyCgroup(path) }
      tell(.cgroupEmpty, of: epoch)
    } catch {
      tell(.killFailed(reason: error.description), of: epoch)
    }
  }

  /// Kills what is in a cgroup and returns once it is empty; at once when it is so, or is not there.
  func emptyCgroup(_ path: String) async throws(CgroupError) {
    let isEmpty = try await blocking.run { () throws(CgroupError) in
      if try CgroupEnd.waitUntilEmpty(path, upTo: Span(milliseconds: 0)) { return true }
      try CgroupProcesses.kill(path)
      return try CgroupEnd.waitUntilEmpty(path, upTo: Self.shortWait)
    }
    if isEmpty { return }
    let result: Result<Bool, CgroupError>
    do {
      result = try await BlockingThread.run {
        Result { () throws(CgroupError) in
          try CgroupEnd.waitUntilEmpty(path, upTo: Self.killDeadline)
        }
      }
    } catch {
      throw .cannotWatch(path: path, errno: error.errno)
    }
    guard try result.get() else {
      throw .stillPopulated(path: path, after: Self.killDeadline)
    }
  }

  private func removeCgroup(of epoch: Epoch) async {
    guard let memory = core.memory(of: epoch) else { return }
    let leaf = work.leaf(of: memory.desired)
    let tree = work.tree
    applied[epoch] = nil
    processes[epoch] = nil
    runStarts.forget(epoch)
    unfence(epoch)
    do {
      let limits = work.limits
      let faults = try await blocking.run { () throws(CgroupError) in
        try tree.remove(leaf)
        return limits.release(memory.desired)
      }
      for fault in faults {
        log.about(memory.desired.instance).warning("\(memory.desired.instance): \(fault)")
      }
      tell(.cgroupRemoved, of: epoch)
    } catch {
      tell(.removeFailed(reason: error.description), of: epoch)
    }
  }

  private func releasePorts(of epoch: Epoch) {
    releaseUser(of: epoch)
    for port in (heldPorts.removeValue(forKey: epoch) ?? [:]).values { ports.release(port) }
  }
}
