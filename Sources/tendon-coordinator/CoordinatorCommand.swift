// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Logging
import TendonCoordinator
import TendonModel
import TendonSystemd

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

  @Option(
    help: ArgumentHelp(
      "Where the HTTP API listens; a socket that systemd passes comes first.",
      valueName: "address:port"))
  var listen: ListenAddress = ListenAddress("0.0.0.0:7480")!

  @Option(help: ArgumentHelp("Where heartbeats are received (UDP).", valueName: "address:port"))
  var udpListen: ListenAddress = ListenAddress("0.0.0.0:7481")!

  @Option(
    name: .customLong("detection"),
    help: ArgumentHelp(
      "A constant of the failure detection (docs/failure-detection.md); may be given again.",
      valueName: "key=value"))
  var detection: [String] = []

  @Option(
    help: ArgumentHelp(
      "How long a host may run fenced instances without being acknowledged (docs/fencing.md).",
      valueName: "time"), transform: Span.init(_:))
  var lease: Span = .seconds(5)

  @Option(
    name: .customLong("disruption"),
    help: ArgumentHelp(
      "How fast instances are moved off dead hosts (docs/disruption.md); may be given again.",
      valueName: "key=value"))
  var disruption: [String] = []

  @Option(
    name: .customLong("placement"),
    help: ArgumentHelp(
      "The policy, or a weight of what makes a good host (docs/placement.md); may be given again.",
      valueName: "key=value"))
  var placement: [String] = []

  func program() throws(ProgramError) -> CoordinatorProgram {
    var options = CoordinatorProgram.Options(
      dataDirectory: dataDir, listen: listen, udpListen: udpListen)
    for setting in detection { try options.setDetection(setting) }
    try options.setLease(lease)
    for setting in disruption { try options.setDisruption(setting) }
    for setting in placement { try options.setPlacement(setting) }
    options.inherited = try inheritedSocket()
    return CoordinatorProgram(options: options, logger: Logger(label: "tendon-coordinator"))
  }

  /// The socket of tendon-coordinator.socket, where systemd passed it.
  private func inheritedSocket() throws(ProgramError) -> Int32? {
    let sockets: [Int32]
    do { sockets = try ServiceManager.listenDescriptors() } catch {
      throw .failed("\(error)")
    }
    guard sockets.count <= 1 else {
      throw .failed(
        "systemd passed \(sockets.count) sockets, and the API takes one: give tendon-coordinator.socket a single "
          + "ListenStream=")
    }
    return sockets.first
  }
}

extension ListenAddress: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }

  package var defaultValueDescription: String { description }
}
