// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct LossCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loss", abstract: "Drop packets from and to a host at random.")

  @OptionGroup var lab: LabOptions

  @Argument(help: "The host's name, like host1.")
  var host: String

  @Argument(help: "Percent of the packets in each direction; 0 drops none.")
  var percent: Int

  func run() async throws { try await lab.open().loss(host, percent: percent) }
}
