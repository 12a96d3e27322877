// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SystemPackage
import TendonLab

struct GuestInitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest-init", abstract: "What a lab's host runs as its process 1.",
    shouldDisplay: false)

  @Option(help: "The host's box; the kernel hands it over as the variable tendon_box.")
  var box: String?

  /// User Mode Linux appends words of its own to the kernel's command line.
  @Argument(parsing: .allUnrecognized, help: .hidden)
  var rest: [String] = []

  func run() throws {
    guard let box = box ?? GuestInit.boxFromKernel() else {
      throw ValidationError("guest-init is what a lab's hosts start; it is not for people")
    }
    try GuestInit.run(box: FilePath(box))
  }
}
