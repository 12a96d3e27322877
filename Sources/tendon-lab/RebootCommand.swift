// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct RebootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reboot", abstract: "End a host from inside and boot it again.")

  @OptionGroup var lab: LabOptions

  @Argument(help: "The host's name, like host1.")
  var host: String

  func run() async throws { try await lab.open().reboot(host) }
}
