// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct GuestServiceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest-service", abstract: "What a host under systemd runs for the lab.",
    shouldDisplay: false)

  func run() throws { try GuestInit.runAsService() }
}
