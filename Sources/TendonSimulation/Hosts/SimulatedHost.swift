// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// A host: its agent's core in a shell that does what it asks for, the processes that tendon-init holds, and a disk.
struct SimulatedHost {
  struct Process {
    var key: ProcessKey
    var instance: InstanceID
    var isFenced: Bool
    /// When it was started.
    var since: MonotonicTime
    /// As they were written last.
    var resources: Resources
    /// Of what comes to an end by itself: its run.
    var run: String?
  }

  let id: HostID
  /// From 1.
  let number: Int
  /// How much faster its clock runs than true time.
  let drift: Double
  /// Whether a firewall keeps its kernel from answering.
  let hidesKernel: Bool
  var random: SimulationRandom
  /// What its wall clock was set by.
  var wallOffset = Duration.zero
  var boot: UInt64 = 1
  /// nil: the agent does not run.
  var agent: AgentCore?
  /// Grows with each start of the agent and each boot: what was asked for before is nobody's answer.
  var life: UInt64 = 0
  var isUp = true
  /// When it lost its power last.
  var downSince = MonotonicTime(nanoseconds: 0)
  var frozenUntil: MonotonicTime?
  var weather = Weather()
  /// When something was wrong with it last.
  var impairedAt = MonotonicTime(nanoseconds: 0)

  // What tendon-init holds.
  var processes: [Epoch: Process] = [:]
  /// Ends that were not acknowledged.
  var exits: [Epoch: (key: ProcessKey, report: ExitReport)] = [:]
  var lastPID: Int32 = 100

  var disk = SimulatedDisk()
  var lease = HostLease()
  /// What was fenced here when the lease ended: one that is granted later is not theirs.
  var lapsed: Set<Epoch> = []
  /// What the shell has not done yet, by placement: one at a time, in order.
  var queues: [Epoch: [LifecycleAction]] = [:]

  // What it talks by.
  /// When it asked for a session last, and with which nonce; nil: it had an answer.
  var asked: (at: MonotonicTime, nonce: String)?
  var session: AgentSession?
  var newestRevision = Revision(0)
  var behindSince: MonotonicTime?
  /// When the report that is on its way was sent, and which.
  var reported: (at: MonotonicTime, report: AgentReport)?
  var sequence: UInt64 = 0
  /// The pings that it sent on, by the session that they are sealed for: of which try, and to whom.
  var sentOn: [UInt32: (token: UInt64, to: Int)] = [:]

  // What others know of it.
  /// The session whose connection broke: nothing more comes over it.
  var brokenSession: UInt32?
  /// When the last line arrives that is on its way: a later one is not earlier.
  var lineArrival = MonotonicTime(nanoseconds: 0)
  /// When the coordinator took something from it last.
  var takenAt: MonotonicTime?
  /// When something else told the coordinator last that it lives: its kernel, or its agent to another host.
  var signedAt: MonotonicTime?
  /// Its last datagrams to the coordinator, as anyone on the network could record them.
  var recorded: [[UInt8]] = []

  init(number: Int, random: SimulationRandom) {
    self.number = number
    self.random = random
    do { id = try HostID("host\(number)") } catch { preconditionFailure("\(error)") }
    drift = Double(Int.random(in: -4000...4000, using: &self.random)) / 1_000_000
    hidesKernel = self.random.chance(25)
  }

  /// Its boot-time clock.
  func clock(_ time: MonotonicTime) -> MonotonicTime {
    MonotonicTime(nanoseconds: time.nanoseconds + Int64(Double(time.nanoseconds) * drift))
  }

  func now(_ time: MonotonicTime) -> Now {
    Now(monotonic: clock(time), wall: .simulated(at: clock(time) + wallOffset))
  }

  func isRunning(at time: MonotonicTime) -> Bool { isUp && frozenUntil.map { $0 <= time } ?? true }

  /// Whether what is fenced may be started.
  func holdsLease(_ time: MonotonicTime) -> Bool { lapsed.isEmpty && lease.holds(at: clock(time)) }

  /// Its agent is gone, with all that it had not written down.
  mutating func loseAgent() {
    agent = nil
    life += 1
    disk.interrupt(using: &random)
    queues = [:]
    sentOn = [:]
    asked = nil
    reported = nil
    newestRevision = Revision(0)
  }

  mutating func losePower(at time: MonotonicTime) {
    loseAgent()
    isUp = false
    downSince = time
    processes = [:]
    exits = [:]
    session = nil
    lease = HostLease()
    lapsed = []
  }

  /// IPv4.
  var address: [UInt8] { [10, 0, 0, UInt8(number)] }
}

/// The agent's end of a session.
struct AgentSession {
  var id: UInt32
  var peer: SealedPeer
  var isStreaming = true
  var lastLineAt: MonotonicTime
  /// Send times of heartbeats that were not acknowledged, by sequence.
  var awaited: [UInt64: MonotonicTime] = [:]
}
