// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct FreezeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "freeze", abstract: "Stop a host where it stands.")

  @OptionGroup var lab: LabOptions

  @Argument(help: "The host's name, like host1.")
  var host: String

  func run() async throws { try await lab.open().freeze(host) }
}
