// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Logging
import TendonCoordinator
import TendonModel

/// The command line.
struct CoordinatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tendon-coordinator",
    abstract: "Holds a cluster's desired state and places its instances on hosts.",
    version: tendonVersion)

  @Option(
    help: ArgumentHelp(
      "Where the store and the tokens are kept; made when it is not there.", valueName: "dir"))
  var dataDir: String

  @Option(help: ArgumentHelp("Where the HTTP API listens.", valueName: "address:port"))
  var listen: ListenAddress = ListenAddress("0.0.0.0:7480")!

  @Option(help: ArgumentHelp("Where heartbeats are received (UDP).", valueName: "address:port"))
  var udpListen: ListenAddress = ListenAddress("0.0.0.0:7481")!

  var program: CoordinatorProgram {
    CoordinatorProgram(
      options: CoordinatorProgram.Options(
        dataDirectory: dataDir, listen: listen, udpListen: udpListen),
      logger: Logger(label: "tendon-coordinator"))
  }
}

extension ListenAddress: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }

  package var defaultValueDescription: String { description }
}
