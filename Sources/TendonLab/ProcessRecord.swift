// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage

/// A session of processes that the lab started, remembered so that no other is ever signalled: the
/// leader by its pid and start time, the rest by being in its session.
struct ProcessRecord: Codable, Equatable, Sendable {
  var pid: Int32
  /// Clock ticks from the machine's boot to the leader's start.
  var startTicks: UInt64
  /// The machine's boot; a record from an earlier one names nothing.
  var machineBootID: String

  /// Records a process that is there, such as a child that was just started.
  init(child pid: pid_t) throws(LabError) {
    guard let entry = ProcessEntry(pid: pid) else {
      throw .couldNotStart(program: "process \(pid)", errno: .noSuchProcess)
    }
    try self.init(entry)
  }

  init(_ entry: ProcessEntry) throws(LabError) {
    pid = entry.pid
    startTicks = entry.startTicks
    machineBootID = try Self.currentBootID()
  }

  /// Records this process itself.
  static func this() throws(LabError) -> ProcessRecord { try ProcessRecord(child: getpid()) }

  static func currentBootID() throws(LabError) -> String {
    let path: FilePath = "/proc/sys/kernel/random/boot_id"
    guard let text = try LabFile.text(path) else {
      throw .file(operation: "read", path: path, errno: .noSuchFileOrDirectory)
    }
    return String(text.prefix { $0 != "\n" })
  }

  /// Whether the leader runs (a stopped one does, a zombie does not).
  func leaderIsAlive() throws(LabError) -> Bool {
    reap()
    guard try machineBootID == Self.currentBootID(), let entry = ProcessEntry(pid: pid) else {
      return false
    }
    return entry.startTicks == startTicks && !entry.hasEnded
  }

  /// The living processes of this session.
  ///
  /// While a session has members the kernel does not give its number to a new process; so members
  /// are ours unless the number's own process is a different one by now.
  func members() throws(LabError) -> [ProcessEntry] {
    reap()
    guard try machineBootID == Self.currentBootID() else { return [] }
    if let leader = ProcessEntry(pid: pid), leader.startTicks != startTicks { return [] }
    return try ProcessEntry.all().filter {
      $0.session == pid && $0.startTicks >= startTicks && !$0.hasEnded
    }
  }

  /// SIGKILLs every process of the session and waits until none is left.
  ///
  /// The leader's process group goes in one call, so that a host ends as a whole; what has left the
  /// group follows. Returns when that call was made.
  @discardableResult
  func killAll(
    within limit: Duration = .seconds(10)
  ) throws(LabError) -> ContinuousClock.Instant {
    let start = ContinuousClock.now
    let deadline = start + limit
    if try leaderIsAlive() { kill(-pid, SIGKILL) }
    while true {
      let living = try members()
      if living.isEmpty { return start }
      for entry in living { kill(entry.pid, SIGKILL) }
      reap()
      guard ContinuousClock.now < deadline else {
        throw .timedOut(waitingFor: "the end of process \(pid)", after: limit, hint: "")
      }
      usleep(2_000)
    }
  }

  /// Waits for the session to end by itself, then kills what is left.
  func killAll(afterGrace grace: Duration) throws(LabError) {
    let deadline = ContinuousClock.now + grace
    while try leaderIsAlive(), ContinuousClock.now < deadline { usleep(5_000) }
    try killAll()
  }

  /// Stops or continues the processes of the session, the leader first.
  ///
  /// Those that another one traces are left alone: User Mode Linux runs its guest's programs that
  /// way, they get no further without it, and it panics when one reports a SIGCONT.
  func signalAll(_ signal: Int32) throws(LabError) {
    guard try leaderIsAlive() else { return }
    kill(pid, signal)
    for entry in try members() where entry.pid != pid && !entry.isTraced { kill(entry.pid, signal) }
  }

  /// Takes the exit status if the leader was this process's child; it is nobody's otherwise.
  private func reap() {
    var status: Int32 = 0
    _ = tendon_lab_wait(pid, false, &status)
  }
}
