// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct KillCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kill", abstract: "Power loss: kill every process of a host at once.")

  @OptionGroup var lab: LabOptions

  @Argument(help: "The host's name, like host1.")
  var host: String

  func run() async throws { try await lab.open().kill(host) }
}
