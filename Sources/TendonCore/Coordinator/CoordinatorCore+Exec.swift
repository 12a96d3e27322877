// SPDX-License-Identifier: Apache-2.0

package import TendonModel

extension CoordinatorCore {
  /// How much of a command an event shows.
  private static let longestCommand = 500

  /// A user runs a command in an instance: told in an event, with the command and never what is typed into it.
  package mutating func execStarted(
    _ request: ExecRequest, in placement: DesiredPlacement, now: Now
  ) {
    var command = request.command.map { argument in
      argument.allSatisfy { !$0.isWhitespace && $0 != "\"" && $0 != "'" } && !argument.isEmpty
        ? argument : "'\(argument)'"
    }.joined(separator: " ")
    if command.count > Self.longestCommand { command = command.prefix(Self.longestCommand) + "…" }
    let user = request.user.map { " as \($0)" } ?? ""
    let terminal = request.terminal == nil ? "" : ", with a terminal"
    emit(
      "exec", instance: placement.instance, host: placement.host, now: now,
      "\(request.by ?? "somebody") runs \(command)\(user) in it\(terminal)")
  }
}
