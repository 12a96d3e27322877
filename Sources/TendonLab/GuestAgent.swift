// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage

/// Keeps the host's agent running: started as soon as the join token is there, started again
/// 200 ms after it ended, left alone while it is held.
struct GuestAgent {
  private enum State {
    /// To be started at this time.
    case due(ContinuousClock.Instant)
    case running(pid_t)
  }

  private static let restartDelay: Duration = .milliseconds(200)

  private let command: [String]?
  private let joinToken: FilePath
  private let logDevice: FilePath?
  private var state: State = .due(.now)
  private var isHeld = false

  init(_ configuration: GuestConfiguration) {
    command = configuration.agent
    joinToken = FilePath(configuration.joinToken)
    // The second console writes straight into the machine's agent.log; nothing is lost in a crash.
    // A namespace host's init was given that file as descriptor 3.
    logDevice = configuration.driver == .uml ? "/dev/tty1" : nil
  }

  /// The agent's pid, nil while it does not run.
  var pid: pid_t? {
    if case .running(let pid) = state { return pid }
    return nil
  }

  mutating func startIfDue() throws(LabError) {
    guard let command, !isHeld, case .due(let time) = state, ContinuousClock.now >= time,
      LabFile.exists(joinToken)
    else { return }
    let nothing = try LabFile.open("/dev/null", .readOnly)
    defer { LabFile.close(nothing) }
    let log = try openLog()
    defer { LabFile.close(log) }
    do throws(LabError) {
      state = .running(
        try LabSpawn.start(command, descriptors: [nothing, log, log], session: true))
    } catch {
      GuestLog.say("\(error); trying again")
      state = .due(.now + .seconds(1))
    }
  }

  mutating func ended(_ pid: pid_t, status: Int32) {
    guard case .running(pid) = state else { return }
    GuestLog.say("the agent (pid \(pid)) ended with \(status)")
    state = .due(.now + Self.restartDelay)
  }

  mutating func hold() { isHeld = true }

  mutating func release() {
    isHeld = false
    if case .due = state { state = .due(.now) }
  }

  private func openLog() throws(LabError) -> FileDescriptor {
    guard let logDevice else {
      return try LabFile.open("/proc/self/fd/3", .writeOnly, options: .append)
    }
    let descriptor = tendon_lab_open_raw_terminal(logDevice.string)
    guard descriptor >= 0 else {
      throw .file(operation: "open", path: logDevice, errno: Errno(rawValue: -descriptor))
    }
    return FileDescriptor(rawValue: descriptor)
  }
}
