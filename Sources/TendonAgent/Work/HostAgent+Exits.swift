// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Synchronization
import TendonCore
import TendonLinux
import TendonModel

/// What was noted of a run when it began, to explain its end with.
struct RunStart: Sendable {
  /// How often the cgroups above had been over their limits; nil without a memory controller.
  var memory: CgroupDeath.Before?
  /// How long the log files were.
  var logSizes: [Int64] = []
}

/// The starts of the runs that have not been put away yet. Any thread may ask.
final class RunStarts: Sendable {
  private let starts = Mutex<[Epoch: RunStart]>([:])

  func note(_ start: RunStart, of epoch: Epoch) { starts.withLock { $0[epoch] = start } }

  func of(_ epoch: Epoch) -> RunStart? { starts.withLock { $0[epoch] } }

  func forget(_ epoch: Epoch) { starts.withLock { $0[epoch] = nil } }
}

/// Explaining how a process ended.
extension HostAgent {
  /// Reads what tells of its end, before anything is removed.
  func report(of exit: ExitRecord) async -> ExitReport {
    let bare = ExitReport(status: exit.status, at: exit.at, outOfMemory: false)
    guard let memory = core.memory(of: exit.epoch) else { return bare }
    let (work, start) = (work, runStarts.of(exit.epoch))
    let isAsked = memory.isStopAsked
    let result = await blocking.run {
      Result { () throws(DeathFault) in
        try work.report(
          bare, of: memory.desired, oomKills: memory.oomKills, start, readsLines: !isAsked)
      }
    }
    switch result {
    case .success(let report): return report
    case .failure(let fault):
      log.about(name: exit.name).warning(
        "\(exit.name): what led to its end is not all known: \(fault.reason)")
      return bare
    }
  }
}

struct DeathFault: Error {
  var reason: String
}

extension HostWork {
  /// How many of the processes left behind are named.
  private static var processesNamed: Int { 3 }

  fileprivate func report(
    _ bare: ExitReport, of placement: DesiredPlacement, oomKills: UInt64, _ start: RunStart?,
    readsLines: Bool
  ) throws(DeathFault) -> ExitReport {
    var report = bare
    let leaf = leaf(of: placement)
    do {
      let death = try CgroupDeath.read(leaf, in: tree, since: start?.memory)
      report.memoryPeak = death.peak.map { Bytes(Int64(clamping: $0)) }
      report.memoryLimit = death.limit
      if case .signaled(SIGKILL, _) = bare.status, death.oomKills ?? 0 > oomKills {
        report.outOfMemory = true
        report.oomScope =
          switch death.scope {
          case .leaf: .instance
          case .slice: .service
          case .root: .agent
          case .host: .host
          }
      }
      let left =
        report.outOfMemory
        ? try OOMKillLog.processes(of: leaf, limit: Self.processesNamed)
        : try ProcessMemory.largest(in: tree.path(of: leaf), limit: Self.processesNamed)
      if !left.isEmpty { report.processes = left }
      if readsLines, !bare.status.isSuccess {
        let lines = try OutputTail.lines(
          of: logs, placement.instance, placement.epoch, since: start?.logSizes ?? [])
        if !lines.isEmpty { report.lastLines = lines }
      }
    } catch {
      throw DeathFault(reason: "\(error)")
    }
    return report
  }
}
