// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct ThawCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "thaw", abstract: "Let a frozen host go on.")

  @OptionGroup var lab: LabOptions

  @Argument(help: "The host's name, like host1.")
  var host: String

  func run() async throws { try await lab.open().thaw(host) }
}
