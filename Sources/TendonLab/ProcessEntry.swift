// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// One process as /proc shows it.
package struct ProcessEntry {
  package var pid: Int32
  /// The kernel's letter: R, S, D, T, Z, X, ...
  package var state: Character
  package var session: Int32
  /// Clock ticks from boot to its start; together with the pid it names a process for good.
  package var startTicks: UInt64

  /// A zombie has ended; only its exit status is left.
  var hasEnded: Bool { state == "Z" || state == "X" }

  /// Whether a debugger or the like holds it (TracerPid in /proc/PID/status is not 0).
  var isTraced: Bool {
    // Gone means that nothing will be done to it anyway.
    guard let text = try? LabFile.text(FilePath("/proc/\(pid)/status")) else { return true }
    return !text.split(separator: "\n").contains("TracerPid:\t0")
  }

  /// Reads /proc/PID/stat, nil when there is no such process.
  init?(pid: pid_t) {
    // A process may end between any two steps here; every failure means that it is gone.
    guard let text = try? LabFile.text(FilePath("/proc/\(pid)/stat")) else { return nil }
    self.init(pid: pid, stat: text)
  }

  /// Parses a line of /proc/PID/stat. The name, in parentheses, may itself hold spaces and
  /// parentheses, so the fields are counted from the last one (proc(5): state is field 3).
  package init?(pid: Int32, stat: String) {
    guard let nameEnd = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[stat.index(after: nameEnd)...].split(separator: " ")
    guard fields.count > 19, let state = fields[0].first, let session = pid_t(fields[3]),
      let startTicks = UInt64(fields[19])
    else { return nil }
    self.pid = pid
    self.state = state
    self.session = session
    self.startTicks = startTicks
  }

  /// Every process there is.
  static func all() throws(LabError) -> [ProcessEntry] {
    try LabFile.list("/proc").compactMap { pid_t($0) }.compactMap { ProcessEntry(pid: $0) }
  }
}
