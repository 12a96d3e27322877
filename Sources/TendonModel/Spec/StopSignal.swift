// SPDX-License-Identifier: Apache-2.0

/// A signal that asks a program to end.
package enum StopSignal: String, Hashable, Sendable, Codable, CaseIterable {
  case term = "SIGTERM"
  case interrupt = "SIGINT"
  case quit = "SIGQUIT"
  case hangup = "SIGHUP"
  case abort = "SIGABRT"
  case user1 = "SIGUSR1"
  case user2 = "SIGUSR2"
  case windowChange = "SIGWINCH"

  /// Linux's number of it (signal(7), x86 and ARM).
  package var number: Int32 {
    switch self {
    case .hangup: 1
    case .interrupt: 2
    case .quit: 3
    case .abort: 6
    case .user1: 10
    case .user2: 12
    case .term: 15
    case .windowChange: 28
    }
  }
}
