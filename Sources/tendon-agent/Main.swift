// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import TendonAgent

/// The program of one host: `tendon-agent`.
@main
struct Main {
  static func main() async {
    do {
      var command = try AgentCommand.parse()
      try await command.run()
    } catch let error as AgentError {
      fail("\(error)", code: 1)
    } catch {
      // 64 is sysexits' EX_USAGE; Tendon's programs say 2 to bad input.
      let code = AgentCommand.exitCode(for: error).rawValue
      let text = AgentCommand.fullMessage(for: error)
      if code == 0 { print(text) }
      exit(code == 0 ? 0 : fail(text, code: code == 64 ? 2 : code))
    }
  }

  @discardableResult
  private static func fail(_ text: String, code: Int32) -> Int32 {
    let line = text.hasPrefix("Error:") || code == 2 ? text + "\n" : "tendon-agent: \(text)\n"
    // Nobody is left to be told when stderr is gone.
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(code)
  }
}
