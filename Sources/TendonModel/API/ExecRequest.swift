// SPDX-License-Identifier: Apache-2.0

/// `POST /v1/instances/{id}/exec`: run a command inside an instance. The answer's body is `ExecFrame`s until the
/// command has ended; its header `tendon-exec` names the exec for `POST /v1/execs/{number}/input`, whose body is
/// what goes to the command, as `ExecFrame`s too. Hanging up on either ends the command.
package struct ExecRequest: Hashable, Sendable, Codable {
  /// The header with the exec's number.
  package static let numberHeader = "tendon-exec"

  /// The program, searched in the instance's `PATH`, and its arguments.
  package var command: [String]
  /// nil: no terminal, and standard output and error apart.
  package var terminal: TerminalSize?
  /// The type of the terminal (`TERM`).
  package var terminalType: String?
  /// Whether anything is sent to its standard input; otherwise that is empty.
  package var hasInput: Bool
  /// Who it runs as: `name`, `name:group` or numbers of the host; nil is whoever the instance's process is.
  package var user: String?
  /// Who asks, in the client's own words, for the event.
  package var by: String?

  enum CodingKeys: String, CodingKey {
    case command, terminal, user, by
    case terminalType = "terminal_type"
    case hasInput = "has_input"
  }

  package init(
    command: [String], terminal: TerminalSize? = nil, terminalType: String? = nil,
    hasInput: Bool = false, user: String? = nil, by: String? = nil
  ) {
    self.command = command
    self.terminal = terminal
    self.terminalType = terminalType
    self.hasInput = hasInput
    self.user = user
    self.by = by
  }
}

/// In characters.
package struct TerminalSize: Hashable, Sendable, Codable {
  package var columns: UInt16
  package var rows: UInt16

  package init(columns: UInt16, rows: UInt16) {
    self.columns = columns
    self.rows = rows
  }
}
