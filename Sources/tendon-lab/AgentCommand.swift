// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct AgentCommand: AsyncParsableCommand {
  enum Verb: String, ExpressibleByArgument, CaseIterable {
    case kill, freeze, thaw, hold, release, pid
  }

  static let configuration = CommandConfiguration(
    commandName: "agent", abstract: "Do something to the agent of a host.",
    discussion: "After kill it is started again in 200 ms, unless it was put on hold before.")

  @OptionGroup var lab: LabOptions

  @Argument(help: "kill, freeze, thaw, hold, release or pid.")
  var verb: Verb

  @Argument(help: "The host's name, like host1.")
  var host: String

  func run() async throws {
    let lab = try await lab.open()
    switch verb {
    case .kill: try await lab.killAgent(host)
    case .freeze: try await lab.signalAgent(host, 19)
    case .thaw: try await lab.signalAgent(host, 18)
    case .hold: try await lab.holdAgent(host)
    case .release: try await lab.releaseAgent(host)
    case .pid: print(try await lab.agentPID(host))
    }
  }
}
