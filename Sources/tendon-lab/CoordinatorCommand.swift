// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct CoordinatorCommand: AsyncParsableCommand {
  enum Verb: String, ExpressibleByArgument, CaseIterable {
    case kill, start, freeze, thaw
  }

  static let configuration = CommandConfiguration(
    commandName: "coordinator", abstract: "Do something to the lab's coordinator.")

  @OptionGroup var lab: LabOptions

  @Argument(help: "kill, start, freeze or thaw.")
  var verb: Verb

  func run() async throws {
    let lab = try await lab.open()
    switch verb {
    case .kill: try await lab.killCoordinator()
    case .start: try await lab.startCoordinator()
    case .freeze: try await lab.freezeCoordinator()
    case .thaw: try await lab.thawCoordinator()
    }
  }
}
