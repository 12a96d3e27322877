// SPDX-License-Identifier: Apache-2.0

/// What the lab can ask of a host's init, by a file in its box. It does not go over the host's
/// network, so it works while that is cut.
struct MailboxRequest: Codable, Sendable {
  enum Action: Codable, Sendable {
    /// Runs a command; stdout and stderr go to `ID.out` and `ID.err` in the results folder.
    case exec(command: [String], environment: [String: String], folder: String)
    /// Sends a signal to the agent; the answer's status is the pid it had.
    case signalAgent(signal: Int32)
    /// Lets the agent end, or not, without starting it again.
    case holdAgent
    case releaseAgent
    /// The answer's status is the agent's pid.
    case agentPID
    /// Sets the host's wall clock on by so many seconds, or back.
    case stepClock(seconds: Int)
    /// Ends the host at once, after writing back what it has in memory.
    case halt
  }

  var action: Action
}

struct MailboxReply: Codable, Sendable {
  /// An exit code (128 + signal for a signal) or what the action says.
  var status: Int32
  /// Why the action could not be done.
  var error: String?
}
