// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import Logging
import TendonCoordinator
import TendonSystemd

@main
struct Main {
  static func main() async {
    LoggingSystem.bootstrap { ProgramLog.handler(label: $0) }
    // Who reads the log may go away; that must not end the coordinator.
    signal(SIGPIPE, SIG_IGN)
    let command: CoordinatorCommand
    do {
      command = try CoordinatorCommand.parse()
    } catch {
      // Help and version are answers, everything else is bad input.
      let isAnswer = CoordinatorCommand.exitCode(for: error).isSuccess
      let text = CoordinatorCommand.fullMessage(for: error) + "\n"
      say(text, on: isAnswer ? STDOUT_FILENO : STDERR_FILENO)
      exit(isAnswer ? 0 : 2)
    }
    do throws(ProgramError) {
      try await command.program().run()
    } catch {
      say("tendon-coordinator: \(error)\n", on: STDERR_FILENO)
      exit(error.exitStatus)
    }
  }

  private static func say(_ text: String, on descriptor: Int32) {
    // Nobody is left to be told when even this cannot be written.
    _ = write(descriptor, text, text.utf8.count)
  }
}
