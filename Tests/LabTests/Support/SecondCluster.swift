// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel

/// A second coordinator as a program of one of a lab's hosts, with second agents on others: its clock can be set.
enum SecondCluster {
  private static let folder = "/tmp/second"
  private static let cgroup = "/sys/fs/cgroup/tendon-second"
  private static let ports = (api: 7490, health: 7491)

  /// Runs `body` once it is up, and ends it with all that it runs, whatever happens.
  /// - Parameter hosts: have the same names in it as in the lab.
  static func with(
    _ cluster: LabCluster, coordinator: String, hosts: [String],
    _ body: (LabCluster) async throws -> Void
  ) async throws {
    let lab = cluster.lab
    var result = Result<Void, any Error>.success(())
    do {
      let tokens = try await startCoordinator(lab, on: coordinator)
      let url = try address(lab, of: coordinator)
      for host in hosts { try await startAgent(lab, on: host, url, joinToken: tokens.join) }
      let second = LabCluster(
        lab: lab, client: TendonClient(address: try ServerAddress(url), token: tokens.api))
      do {
        try await second.waitForHosts { views in
          views.count == hosts.count && views.allSatisfy { $0.state == .ready && $0.isConnected }
        }
        try await body(second)
      } catch {
        result = .failure(error)
      }
      try await second.close()
    } catch {
      result = .failure(error)
    }
    for host in [coordinator] + hosts { try await end(lab, on: host) }
    try result.get()
  }

  private static func address(_ lab: Lab, of host: String) throws -> String {
    guard let index = lab.hosts.firstIndex(of: host) else {
      throw LabClusterError("the lab has no \(host)")
    }
    return "http://\(lab.network.hosts[index]):\(ports.api)"
  }

  private static func startCoordinator(
    _ lab: Lab, on host: String
  ) async throws -> (api: String, join: String) {
    let ip = try address(lab, of: host).dropFirst("http://".count).prefix { $0 != ":" }
    let program = LabConfiguration.defaultBinaries().appending("tendon-coordinator").string
    try await start(
      lab, host,
      [
        program, "--data-dir", "\(folder)/data", "--listen", "\(ip):\(ports.api)", "--udp-listen",
        "\(ip):\(ports.health)",
      ])
    let token = "\(folder)/data"
    try await eventually("the second coordinator has made its tokens") {
      try await lab.exec(
        host, ["test", "-s", "\(token)/join-token", "-a", "-s", "\(token)/api-token"]
      )
      .status == 0
    }
    return (
      api: try await lab.shell(host, "cat \(token)/api-token"),
      join: try await lab.shell(host, "cat \(token)/join-token")
    )
  }

  private static func startAgent(
    _ lab: Lab, on host: String, _ coordinator: String, joinToken: String
  ) async throws {
    try await lab.shell(
      host, "mkdir -p \(folder)/state \(folder)/run \(cgroup); echo \(joinToken) >\(folder)/token")
    let program = LabConfiguration.defaultBinaries().appending("tendon-agent").string
    try await start(
      lab, host,
      [
        program, "--coordinator", coordinator, "--join-token-file", "\(folder)/token",
        "--host-name",
        host, "--state-dir", "\(folder)/state", "--run-dir", "\(folder)/run", "--cgroup-root",
        cgroup,
      ])
  }

  private static func start(_ lab: Lab, _ host: String, _ command: [String]) async throws {
    try await lab.shell(
      host,
      "mkdir -p \(folder); PATH=/usr/bin:/bin:/usr/sbin:/sbin setsid \(command.joined(separator: " ")) "
        + ">\(folder)/log 2>&1 </dev/null & echo $! >\(folder)/pid")
  }

  /// The agent or coordinator, tendon-init and all instances.
  private static func end(_ lab: Lab, on host: String) async throws {
    try await lab.shell(
      host,
      """
      if [ -e \(folder)/pid ]; then kill -9 $(cat \(folder)/pid); fi
      if [ -e \(cgroup) ]; then echo 1 > \(cgroup)/cgroup.kill; fi
      rm -rf \(folder)
      """)
  }
}
