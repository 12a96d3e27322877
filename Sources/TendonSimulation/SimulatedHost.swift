// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// A host: its agent's core in a shell that does what it asks for, the processes that tendon-init holds, and a disk.
struct SimulatedHost {
  struct Process {
    var key: ProcessKey
    var instance: InstanceID
    var isFenced: Bool
  }

  struct Session {
    var id: UInt32
    /// The coordinator that it was opened with.
    var life: UInt64
    var isStreaming = false
    var lastLineAt: MonotonicTime
  }

  let id: HostID
  /// How much faster its clock runs than true time.
  let drift: Double
  var boot: UInt64 = 1
  /// nil: the agent does not run.
  var agent: AgentCore?
  /// Grows with each start of the agent and each boot: what was asked for before is nobody's answer.
  var life: UInt64 = 0
  var isUp = true
  var frozenUntil: MonotonicTime?
  var processes: [Epoch: Process] = [:]
  /// Ends that were not acknowledged.
  var exits: [Epoch: (key: ProcessKey, report: ExitReport)] = [:]
  /// What is on the disk: with the boot it was written in.
  var records: [Epoch: (boot: UInt64, memory: PlacementMemory)] = [:]
  var lease = HostLease()
  var session: Session?
  var newestRevision = Revision(0)
  var behindSince: MonotonicTime?
  var isReporting = false
  /// When the report that is on its way was sent, and which.
  var reported: (at: MonotonicTime, report: AgentReport)?
  var sequence: UInt64 = 0
  var lastPID: Int32 = 100
  /// What the shell has not done yet, by placement: one at a time, in order.
  var queues: [Epoch: [LifecycleAction]] = [:]

  /// The session whose connection broke: nothing more comes over it.
  var brokenSession: UInt32?
  /// When the last line arrives that is on its way: a later one is not earlier.
  var lineArrival = MonotonicTime(nanoseconds: 0)

  // The network.
  var isCutFrom = false
  var isCutTo = false
  var lossPercent = 0

  init(id: HostID, drift: Double) {
    self.id = id
    self.drift = drift
  }

  /// Its boot-time clock.
  func clock(_ time: MonotonicTime) -> MonotonicTime {
    MonotonicTime(nanoseconds: time.nanoseconds + Int64(Double(time.nanoseconds) * drift))
  }

  func now(_ time: MonotonicTime) -> Now {
    Now(
      monotonic: clock(time),
      wall: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000 + time.nanoseconds / 1_000_000))
  }

  func isRunning(at time: MonotonicTime) -> Bool { isUp && frozenUntil.map { $0 <= time } ?? true }
}
