// SPDX-License-Identifier: Apache-2.0

/// A process that no later one can be mistaken for: its number and when it started.
package struct ProcessKey: Hashable, Sendable, Codable, CustomStringConvertible {
  package var pid: Int32
  /// Clock ticks after boot (`/proc/PID/stat`, field 22).
  package var startTicks: UInt64

  enum CodingKeys: String, CodingKey {
    case pid
    case startTicks = "start_ticks"
  }

  package init(pid: Int32, startTicks: UInt64) {
    self.pid = pid
    self.startTicks = startTicks
  }

  package var description: String { "pid \(pid)" }
}
