// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

/// Gives the tests of a suite one lab of three hosts, booted before the first and brought down after the last.
struct ClusterTrait: SuiteTrait, TestScoping {
  @TaskLocal static var shared: LabCluster?

  func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @Sendable @concurrent () async throws -> Void
  ) async throws {
    var configuration = LabConfiguration(name: "t-cluster", hosts: 3)
    // One test after the other takes the same hosts down: none of them would be given anything to run after a while.
    // What one test leaves where it is would be moved in the next.
    configuration.coordinatorArguments = [
      "--disruption", "flap-hold=0s", "--placement", "rebalance=manual",
    ]
    let lab = try await Lab.up(configuration)
    do {
      let cluster = try await LabCluster.connect(to: lab)
      try await Self.$shared.withValue(cluster) { try await function() }
      try await cluster.close()
    } catch {
      Issue.record("the logs' ends:\n\(try await Self.logs(of: lab))")
      try await lab.down()
      throw error
    }
    try await lab.down()
  }

  /// What the programs said last, for a lab whose programs did not find together.
  private static func logs(of lab: Lab) async throws -> String {
    let status = try await lab.status()
    let files = status.hosts.map(\.agentLog) + [status.coordinator?.log].compactMap { $0 }
    return try files.map { file in
      let text = try String(contentsOfFile: file, encoding: .utf8)
      return "\(file):\n" + text.split(separator: "\n").suffix(12).joined(separator: "\n")
    }
    .joined(separator: "\n")
  }
}

extension Trait where Self == ClusterTrait {
  /// A lab of three hosts for the whole suite: `cleanCluster()` hands it out.
  static var sharedCluster: Self { ClusterTrait() }
}

/// The suite's cluster, with every fault of a test before undone, all hosts ready and no service left.
func cleanCluster() async throws -> LabCluster {
  let cluster = try #require(ClusterTrait.shared, "the suite lacks the trait .sharedCluster")
  try await cluster.undoFaults()
  try await cluster.removeServices()
  return cluster
}

extension LabCluster {
  /// Starts, thaws and heals whatever is not as it was after `up`.
  func undoFaults() async throws {
    let status = try await lab.status()
    switch status.coordinator?.state {
    case .frozen: try await lab.thawCoordinator()
    case .off: try await lab.startCoordinator()
    case .running, nil: break
    }
    for host in status.hosts {
      if host.cut { try await lab.heal(host.name) }
      if host.lossPercent > 0 { try await lab.loss(host.name, percent: 0) }
      switch host.state {
      case .off: try await lab.start(host.name)
      case .frozen: try await lab.thaw(host.name)
      case .running: break
      }
      if host.clockStepSeconds != 0, host.state != .off {
        try await lab.stepClock(host.name, bySeconds: -host.clockStepSeconds)
      }
      try await lab.releaseAgent(host.name)
    }
    let count = lab.hosts.count
    try await waitForHosts { hosts in
      hosts.count == count && hosts.allSatisfy { $0.state == .ready && $0.isConnected }
    }
    for host in try await client.hosts() where host.cordon != nil {
      _ = try await client.uncordon(host.id)
    }
    for view in try await client.reservations() { _ = try await client.delete(view.name) }
  }

  func removeServices() async throws {
    let services = try await client.services()
    for service in services { _ = try await client.delete(service.spec.name) }
    // Also those of services that an earlier test deleted and did not wait for.
    try await eventually("every instance is gone", within: .seconds(40)) {
      try await client.instances().isEmpty
    }
  }
}
