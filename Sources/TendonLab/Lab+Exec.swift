// SPDX-License-Identifier: Apache-2.0

/// How a command in a host ended.
package struct ExecResult: Equatable, Sendable {
  /// Its exit code; 128 + the signal that ended it; 127 when there is no such program.
  package var status: Int32
  package var stdout: [UInt8]
  package var stderr: [UInt8]

  /// stdout as text, without line ends at its end.
  package var text: String { Self.trimmed(stdout) }
  package var errorText: String { Self.trimmed(stderr) }

  private static func trimmed(_ bytes: [UInt8]) -> String {
    var text = String(decoding: bytes, as: UTF8.self)
    while text.last?.isNewline == true { text.removeLast() }
    return text
  }
}

extension Lab {
  /// Runs a command as root in a host and returns when it has ended, whatever its exit code.
  ///
  /// Works while the host's network is cut, not while it is frozen. stdin is empty.
  /// - Parameter limit: after this the command is killed and `.timedOut` thrown.
  package func exec(
    _ host: String, _ command: [String], environment: [String: String] = [:],
    folder: String = "/", within limit: Duration = .seconds(60)
  ) async throws(LabError) -> ExecResult {
    try await offPool { [store] () throws(LabError) -> ExecResult in
      guard !command.isEmpty else { throw .refused("exec needs a command: exec HOST -- CMD") }
      return try LabControl(store: store).exec(
        host, .exec(command: command, environment: environment, folder: folder), within: limit)
    }
  }

  /// Runs a shell script in a host; throws `.commandFailed` when it does not end with 0.
  @discardableResult
  package func shell(
    _ host: String, _ script: String, within limit: Duration = .seconds(60)
  ) async throws(LabError) -> String {
    let result = try await exec(host, ["sh", "-c", script], within: limit)
    guard result.status == 0 else {
      throw .commandFailed(
        command: "\(host): \(script)", status: result.status,
        output: result.errorText.isEmpty ? result.text : result.errorText)
    }
    return result.text
  }
}
