// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A process for good: its pid may come again, with another start time (proc_pid_stat(5)).
package struct ProcessIdentity: Hashable, Sendable, CustomStringConvertible {
  package let pid: Int32
  /// Clock ticks from boot to the process's start: field 22 of `/proc/PID/stat`.
  package let startTicks: UInt64

  package init(pid: Int32, startTicks: UInt64) {
    self.pid = pid
    self.startTicks = startTicks
  }

  package var description: String { "\(pid)@\(startTicks)" }

  /// Who has this pid now.
  /// - Returns: nil when nobody has it. A zombie still has it.
  /// - Throws: `ProcessError` when `/proc` can't be read or doesn't hold what it should.
  package static func current(
    pid: Int32, proc: String = "/proc"
  ) throws(ProcessError) -> ProcessIdentity? {
    let path = "\(proc)/\(pid)/stat"
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else {
      if errno == ENOENT || errno == ESRCH { return nil }
      throw ProcessError(call: "open \(path)", errno: errno)
    }
    defer { close(fd) }
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = read(fd, &buffer, buffer.count)
    guard count >= 0 else {
      if errno == ESRCH { return nil }
      throw ProcessError(call: "read \(path)", errno: errno)
    }
    guard let ticks = startTicks(stat: buffer[..<count]) else {
      throw ProcessError(call: "parse \(path)", errno: EPROTO)
    }
    return ProcessIdentity(pid: pid, startTicks: ticks)
  }

  /// Field 22. The second field, the program's name in parentheses, may itself hold parentheses and
  /// spaces, so counting starts behind the last `)`.
  static func startTicks(stat: ArraySlice<UInt8>) -> UInt64? {
    guard let close = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 19 else { return nil }
    return UInt64(String(decoding: fields[19], as: UTF8.self))
  }

  /// A hold on exactly this process.
  /// - Returns: nil when it has ended and its pid is free or another's.
  /// - Throws: `ProcessError` when that could not be found out.
  package func hold() throws(ProcessError) -> PidFD? {
    let pidfd: PidFD
    do {
      pidfd = try PidFD(pid: pid)
    } catch {
      if error.errno == ESRCH { return nil }
      throw error
    }
    // In this order: the descriptor holds on to whoever has the pid while we look who that is.
    return try Self.current(pid: pid) == self ? pidfd : nil
  }
}
