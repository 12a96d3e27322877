// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct ExecCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Run a command as root in a host; works while its network is cut.",
    usage: "tendon-lab exec [--name NAME] [--dir DIR] [--timeout SECONDS] HOST -- COMMAND ...")

  @OptionGroup var lab: LabOptions

  @Option(help: "Kill the command after this many seconds.")
  var timeout = 600

  @Argument(help: "The host's name, like host1.")
  var host: String

  @Argument(parsing: .postTerminator, help: "The command and its arguments.")
  var command: [String]

  func run() async throws {
    let result = try await lab.open().exec(host, command, within: .seconds(timeout))
    Terminal.write(result.stdout, to: 1)
    Terminal.write(result.stderr, to: 2)
    if result.status != 0 { throw ExitCode(result.status) }
  }
}
