// SPDX-License-Identifier: Apache-2.0
import CSystemd
import Glibc

/// What systemd, when it started this process, asked and told of it by environment (sd_notify(3), sd_listen_fds(3)).
package enum ServiceManager {
  /// Whether systemd is process 1 and started this process as a unit with `Type=notify`. A shell below such a unit
  /// doesn't count: the socket is in the unit's environment only.
  package static var runsThis: Bool {
    access("/run/systemd/system", F_OK) == 0 && getenv("NOTIFY_SOCKET") != nil
  }

  /// How long systemd waits for a sign of life before it restarts the unit; nil where it doesn't watch.
  package static var watchdogLimit: Duration? {
    let microseconds = tendon_systemd_watchdog_usec()
    return microseconds > 0 ? .microseconds(microseconds) : nil
  }

  /// Tells systemd; does nothing where nobody asked for it. A failure is not told on: systemd acts by itself on
  /// what it does not hear.
  package static func notify(_ notices: Notice...) {
    _ = tendon_systemd_notify(notices.map(\.line).joined(separator: "\n"))
  }

  /// The sockets of `.socket` units, in the order of their `ListenStream=` lines. They belong to the caller; asked
  /// once, at the start.
  package static func listenDescriptors() throws(SystemdError) -> [Int32] {
    let count = tendon_systemd_listen_fds()
    guard count >= 0 else { throw .listen(errno: -count) }
    return (0..<count).map { firstListenDescriptor + $0 }
  }

  /// SD_LISTEN_FDS_START
  private static let firstListenDescriptor: Int32 = 3

  /// A line of sd_notify(3).
  package enum Notice: Hashable, Sendable {
    case ready
    case stopping
    case alive
    /// One line, shown by `systemctl status`.
    case status(String)

    var line: String {
      switch self {
      case .ready: "READY=1"
      case .stopping: "STOPPING=1"
      case .alive: "WATCHDOG=1"
      case .status(let text): "STATUS=" + text.map { $0.isNewline ? " " : String($0) }.joined()
      }
    }
  }
}
