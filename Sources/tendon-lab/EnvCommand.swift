// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct EnvCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "env",
    abstract: "Print what the tendon command needs to reach the lab: eval \"$(tendon-lab env)\".")

  @OptionGroup var lab: LabOptions

  func run() async throws { print(try await lab.open().environmentLines()) }
}
