// SPDX-License-Identifier: Apache-2.0

import Logging
import TendonCore
import TendonModel

/// What is to be written of one placement beside its other actions: the newest memory once, whoever asked for it.
struct RecordLane {
  var isWriting = false
  /// Whether somebody asked since the write that is under way began.
  var isAsked = false
  /// Exits that tendon-init may forget once the next write is done.
  var exits: [ProcessKey] = []
  /// Who waits for the next write.
  var waiters: [CheckedContinuation<Void, Never>] = []
}

/// Writing of records. One write of a placement at a time; what is asked for during one is done by the next, together.
extension HostAgent {
  /// Begins to make the memory durable; nobody waits.
  func record(_ epoch: Epoch) {
    recordLanes[epoch, default: RecordLane()].isAsked = true
    if recordLanes[epoch]?.isWriting == false { start(.record(epoch)) }
  }

  /// While many are being started, it is put off that one runs: tendon-init tells the next agent of it, too. If both end
  /// before it is written, the next agent ends the process, which it does not know, and starts it anew.
  func recordInTime(_ epoch: Epoch) {
    guard gate.isCrowded, core.memory(of: epoch)?.phase == .running else { return record(epoch) }
    if putOff.isEmpty { start(.recordPutOff) }
    putOff.insert(epoch)
  }

  /// How long a record is put off at most.
  private static var putOffTime: Duration { .seconds(1) }

  /// One wait for all of them, however many there are.
  func recordPutOff() async {
    // Cancelled: the agent ends, and there is no time to lose.
    try? await Task.sleep(for: Self.putOffTime)
    let epochs = putOff
    putOff = []
    for epoch in epochs { record(epoch) }
  }

  /// As `record`; then tendon-init may forget the exit.
  func recordExit(_ process: ProcessKey, of epoch: Epoch) {
    recordLanes[epoch, default: RecordLane()].exits.append(process)
    record(epoch)
  }

  /// Returns when the memory, or a newer one, is durable, or could not be made so.
  func untilRecorded(_ epoch: Epoch) async {
    recordLanes[epoch, default: RecordLane()].isAsked = true
    // Not left to a job: when the agent ends, jobs are not begun any more, and this must return.
    guard recordLanes[epoch]?.isWriting == true else { return await writeRecords(of: epoch) }
    await withCheckedContinuation { recordLanes[epoch]?.waiters.append($0) }
  }

  /// Writes until nobody asks any more.
  func writeRecords(of epoch: Epoch) async {
    guard recordLanes[epoch]?.isWriting == false else { return }
    while let lane = recordLanes[epoch], lane.isAsked {
      recordLanes[epoch] = RecordLane(isWriting: true)
      let isWritten = await write(epoch)
      if isWritten {
        for process in lane.exits { acknowledge(process) }
      } else {
        // tendon-init keeps them until a write succeeds: see `recordsAreWritten`.
        recordLanes[epoch]?.exits.insert(contentsOf: lane.exits, at: 0)
      }
      for waiter in lane.waiters { waiter.resume() }
    }
    recordLanes[epoch]?.isWriting = false
    if recordLanes[epoch]?.exits.isEmpty == true { recordLanes[epoch] = nil }
  }

  /// - Returns: false when the record could not be written, which is told as a condition of the host and tried again.
  private func write(_ epoch: Epoch) async -> Bool {
    do throws(StateError) {
      try await makeDurable(epoch)
      return true
    } catch {
      return false
    }
  }

  func persist(_ epoch: Epoch, after delay: Duration) {
    guard toPersist.insert(epoch).inserted else { return }
    start(.persist(epoch, after: delay))
  }

  /// After what is being written: a record written later would bring the placement back.
  func forget(_ epoch: Epoch) async {
    await untilRecorded(epoch)
    let limits = work.limits
    if let service = limits.expectNoMore(epoch) {
      let reports = await blocking.run { limits.applyShare(of: service) }
      for report in reports where !report.isInForce {
        log.warning("\(report.knob) is not as it should be: \(report.note ?? "")")
      }
    }
    await makeForgotten(epoch)
  }
}
