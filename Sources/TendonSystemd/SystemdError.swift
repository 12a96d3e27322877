// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What systemd did not do.
package enum SystemdError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The scope could not be made; `reason` is in systemd's words.
  case scope(name: String, reason: String)
  case placeholder(errno: Int32)
  /// LISTEN_FDS is not a number, or names descriptors that are not open.
  case listen(errno: Int32)

  package var description: String {
    switch self {
    case .scope(let name, let reason):
      "systemd does not make \(name): \(reason). Is dbus.service running (systemctl status dbus)? "
        + "Or give --cgroup-root to do without"
    case .placeholder(let error):
      "the scope's first process cannot be started: \(String(cString: strerror(error)))"
    case .listen(let error):
      "LISTEN_FDS is set, but its sockets cannot be taken: \(String(cString: strerror(error)))"
    }
  }
}
