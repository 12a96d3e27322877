// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct StartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Boot a host again with its old state.")

  @OptionGroup var lab: LabOptions

  @Argument(help: "The host's name, like host1.")
  var host: String

  func run() async throws { try await lab.open().start(host) }
}
