// SPDX-License-Identifier: Apache-2.0
package import SystemPackage

/// A cluster of real hosts on one machine.
///
/// A value that names a lab; all it knows is in the lab's folder. So any process may work on a
/// lab, and any number of them at once.
package struct Lab: Sendable {
  let store: LabStore

  /// The lab's name; its network namespace is `tendon-NAME`.
  package var name: String { store.name }
  /// Where its files are.
  package var paths: LabPaths { store.paths }
  package let network: LabAddresses

  /// The coordinator's API: `http://10.213.X.1:7480`, reachable from the machine.
  package var serverURL: String { "http://\(network.coordinator):\(Self.apiPort)" }

  static let apiPort = 7480
  static let healthPort = 7481

  init(store: LabStore, state: LabState) throws(LabError) {
    self.store = store
    guard let subnet = state.subnet else {
      throw .malformed(path: store.paths.state, reason: "it has no subnet")
    }
    network = LabAddresses(
      LabNetwork(namespace: state.namespace, subnet: subnet), hosts: state.hosts.map(\.number))
    hosts = state.hosts.map(\.name)
  }

  /// The hosts' names: host1, host2, ...
  package let hosts: [String]

  /// Opens a lab that is up.
  package static func open(
    name: String = "lab", directory: FilePath = LabConfiguration.defaultDirectory()
  ) async throws(LabError) -> Lab {
    try await offPool { () throws(LabError) -> Lab in
      let store = try LabStore(directory: directory, name: name)
      return try Lab(store: store, state: store.read())
    }
  }

  /// Whether this machine can run a lab with all its programs, for tests to be enabled by.
  package static var isAvailable: Bool {
    do throws(LabError) {
      try LabRequirements.check(driver: .uml, configuration: LabConfiguration(hosts: 1))
      return true
    } catch {
      return false
    }
  }

  /// What keeps this machine from running a lab, nil when nothing does.
  package static func whyNot(_ configuration: LabConfiguration) -> LabError? {
    do throws(LabError) {
      let driver = configuration.systemd ? .uml : LabBuilder.choose(configuration.driver)
      try LabRequirements.check(driver: driver, configuration: configuration)
      return nil
    } catch {
      return error
    }
  }

  /// The coordinator's API token; nil until a coordinator has made one.
  package func apiToken() throws(LabError) -> String? {
    try LabFile.text(paths.apiToken).map { String($0.prefix { $0 != "\n" }) }
  }

  /// The dashboard's address with the API token in its fragment, which a browser does not send; nil until a
  /// coordinator has made one.
  package func dashboardURL() throws(LabError) -> String? {
    try apiToken().map { "\(serverURL)/#token=\($0)" }
  }

  /// The variables the CLI wants, for a shell: `export NAME=VALUE` lines.
  package func environmentLines() -> String {
    """
    export TENDON_SERVER=\(serverURL)
    export TENDON_TOKEN_FILE=\(paths.apiToken)
    """
  }
}

/// The addresses in a lab.
package struct LabAddresses: Sendable {
  package let coordinator: String
  /// The machine's own address in the lab.
  package let machine: String
  /// The link that has it.
  package let machineLink: String
  /// In the hosts' order.
  package let hosts: [String]

  init(_ network: LabNetwork, hosts: [Int]) {
    coordinator = network.coordinatorAddress
    machine = network.gatewayAddress
    machineLink = network.gatewayLink
    self.hosts = hosts.map(network.address(host:))
  }
}
