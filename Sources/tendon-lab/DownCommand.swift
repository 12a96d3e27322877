// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct DownCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "End a lab and remove all of it.")

  @OptionGroup var lab: LabOptions

  func run() async throws { try await Lab.down(name: lab.name, directory: lab.directory) }
}
