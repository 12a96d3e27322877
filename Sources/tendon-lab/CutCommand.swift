// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct CutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cut", abstract: "Cut a host off the network, one way or both.")

  @OptionGroup var lab: LabOptions

  @Argument(help: "The host's name, like host1.")
  var host: String

  @Option(help: "Which packets are dropped: those to the host, from it, or both.")
  var direction = LabCut.Direction.both

  @Option(help: "Whose: everyone's, or only those between the host and the coordinator.")
  var peer = LabCut.Peer.everyone

  func run() async throws { try await lab.open().cut(host, LabCut(direction, peer: peer)) }
}

extension LabCut.Direction: ExpressibleByArgument {}
extension LabCut.Peer: ExpressibleByArgument {}
