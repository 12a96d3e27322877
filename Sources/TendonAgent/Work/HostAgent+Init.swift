// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import TendonCore
import TendonLinux
import TendonModel

/// What tendon-init tells, and what is done when it is gone.
extension HostAgent {
  /// An end that tendon-init told of. It keeps it until `acknowledge`.
  func exited(_ exit: ExitRecord) async {
    if SpawnRequest.isAuxiliary(exit.name) { return auxiliaryExited(exit) }
    if unclaimed[exit.epoch] != nil { return noteUnclaimed(exit) }
    let process = ProcessKey(exit.identity)
    exits[process] = exit
    let report = await report(of: exit)
    log.about(name: exit.name).info(
      "\(exit.name) (epoch \(exit.epoch), \(process)): \(report.summary)")
    tell(.exited(process, report), of: exit.epoch)
  }

  func acknowledge(_ process: ProcessKey) {
    guard let exit = exits.removeValue(forKey: process) else { return }
    do {
      try initClient?.acknowledge(exit)
    } catch {
      // It comes again with the list of the next connection.
      log.debug("acknowledging \(process): \(error)")
    }
  }

  /// A connection to tendon-init was made again. Processes that it does not know are watched from here: nobody
  /// else tells of their end.
  func initConnected(_ client: InitClient) async throws(InitError) {
    initClient = client
    initGeneration += 1
    let children = try await client.list()
    var known: Set<ProcessKey> = []
    for case .running(_, _, let process) in children { known.insert(ProcessKey(process.identity)) }
    for case .exited(let exit) in children {
      known.insert(ProcessKey(exit.identity))
      await exited(exit)
    }
    for memory in core.memories {
      guard let process = memory.process, !known.contains(process) else { continue }
      watchOrEnd(memory.desired, process)
    }
  }

  /// Takes over a process that is not tendon-init's child any more, or tells that it is gone.
  private func watchOrEnd(_ placement: DesiredPlacement, _ process: ProcessKey) {
    guard let pidfd = hold(process, of: placement) else {
      return endedUnseen(placement.epoch, process)
    }
    watch(placement.epoch, process, from: pidfd)
  }

  func watch(_ epoch: Epoch, _ process: ProcessKey, from pidfd: PidFD) {
    processes[epoch] = pidfd
    start(.watch(epoch, process, pidfd))
  }

  func watch(_ epoch: Epoch, _ process: ProcessKey, _ pidfd: PidFD) async {
    do {
      while !Task.isCancelled {
        let ended = try await BlockingThread.run { pidfd.waitUntilEnded(within: .seconds(1)) }
        if ended { return endedUnseen(epoch, process) }
      }
    } catch {
      log.error("\(process) of epoch \(epoch) cannot be watched: \(error)")
    }
  }

  func endedUnseen(_ epoch: Epoch, _ process: ProcessKey) {
    tell(
      .exited(process, ExitReport(status: .unknown, at: HostClock.wall, outOfMemory: false)),
      of: epoch)
  }
}
