// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SystemPackage
import TendonLab

struct GuestInitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest-init", abstract: "What a lab's host runs as its process 1.",
    shouldDisplay: false)

  @Option(help: "The host's box on the machine. (A kernel hands it over as tendon_box instead.)")
  var box: String

  func run() throws { try GuestInit.run(box: FilePath(box)) }
}
