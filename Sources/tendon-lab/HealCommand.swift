// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct HealCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heal", abstract: "Connect a host that was cut off.")

  @OptionGroup var lab: LabOptions

  @Argument(help: "The host's name, like host1.")
  var host: String

  func run() async throws { try await lab.open().heal(host) }
}
