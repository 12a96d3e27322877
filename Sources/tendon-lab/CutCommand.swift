// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct CutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cut", abstract: "Cut a host off the network.")

  @OptionGroup var lab: LabOptions

  @Argument(help: "The host's name, like host1.")
  var host: String

  func run() async throws { try await lab.open().cut(host) }
}
