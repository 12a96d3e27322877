// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct ClockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clock", abstract: "Set a host's wall clock on, or back, until it boots again.")

  @OptionGroup var lab: LabOptions

  @Argument(help: "The host's name, like host1.")
  var host: String

  @Option(
    parsing: .unconditional, help: "By how many seconds; below zero: back. 3600 or -3600, say.")
  var by: Int

  func run() async throws { try await lab.open().stepClock(host, bySeconds: by) }
}
