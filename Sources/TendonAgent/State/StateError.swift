// SPDX-License-Identifier: Apache-2.0

import TendonLinux

/// What went wrong with the agent's files.
package enum StateError: Error, Hashable, CustomStringConvertible {
  /// A system call on a path failed.
  case file(call: String, path: String, errno: Int32)
  /// Another agent holds the lock.
  case locked(path: String)
  /// A part of the journal is not readable; `reason` names where and what is wrong.
  case malformed(path: String, reason: String)
  /// A token file without a token.
  case badToken(path: String)
  /// Nothing listens at journald's socket.
  case noJournal(path: String)

  package var description: String {
    switch self {
    case .file(let call, let path, let errno): "\(call) \(path): \(errnoText(errno))"
    case .locked(let path):
      "another tendon-agent uses this state directory (\(path) is locked); stop it, or give "
        + "another --state-dir"
    case .badToken(let path): "\(path) holds no token: one line of visible ASCII is expected"
    case .noJournal(let path):
      "logs.to is journald, but nothing listens at \(path): run systemd-journald on this host, or "
        + "write logs: {to: files}"
    case .malformed(let path, let reason): "\(path): \(reason)"
    }
  }
}
