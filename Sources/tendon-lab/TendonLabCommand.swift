// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import SystemPackage
import TendonLab

@main
struct TendonLabCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tendon-lab",
    abstract: "A Tendon cluster of real hosts on this machine.",
    discussion: """
      Every host is a Linux kernel of its own (User Mode Linux), with its own cgroups, address \
      and clock, on a bridge in a network namespace. Needs root.
      """,
    subcommands: [
      UpCommand.self, StatusCommand.self, EnvCommand.self, ExecCommand.self, KillCommand.self,
      StartCommand.self, FreezeCommand.self, ThawCommand.self, CutCommand.self, HealCommand.self,
      LossCommand.self, ClockCommand.self, RebootCommand.self, CoordinatorCommand.self,
      AgentCommand.self,
      DownCommand.self, GuestInitCommand.self, GuestServiceCommand.self,
    ])

  /// Errors of the lab come with words and an exit code of their own: 2 where the user must change
  /// something first, 4 for a lab or host that is not there, 1 for the rest.
  static func main() async {
    do {
      // As a kernel's first process: Swift reads its arguments from /proc, which is not there yet.
      if Glibc.getpid() == 1, let box = GuestInit.boxFromKernel() {
        try GuestInit.run(box: FilePath(box))
      }
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let error as LabError {
      Terminal.printError("tendon-lab: \(error)")
      Glibc.exit(status(of: error))
    } catch {
      // ArgumentParser says 64 (EX_USAGE) where Tendon's programs say 2.
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      Terminal.printError(fullMessage(for: error))
      Glibc.exit(2)
    }
  }

  private static func status(of error: LabError) -> Int32 {
    if error.isUsage { return 2 }
    return switch error {
    case .noSuchLab, .noSuchHost: 4
    case .alreadyUp, .hostAlreadyRunning, .hostNotRunning: 5
    default: 1
    }
  }
}
