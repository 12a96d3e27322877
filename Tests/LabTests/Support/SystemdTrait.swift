// SPDX-License-Identifier: Apache-2.0
import Foundation
import SystemPackage
import TendonLab
import TendonLabClient
import TendonModel
import Testing

/// Gives the tests of a suite one host whose process 1 is systemd, with a coordinator beside it.
struct SystemdTrait: SuiteTrait, TestScoping {
  @TaskLocal static var shared: SystemdHost?

  static var configuration: LabConfiguration {
    var configuration = LabConfiguration(name: "t-systemd", hosts: 1)
    configuration.systemd = true
    configuration.hostMemoryBytes = 2 << 30
    configuration.bootTimeout = .seconds(180)
    return configuration
  }

  func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @Sendable @concurrent () async throws -> Void
  ) async throws {
    let agent = try Packages.build(["tendon-agent"], version: SystemdHost.version)[0]
    var configuration = Self.configuration
    configuration.sharedFolders = [FilePath(Packages.folder.path)]
    let lab = try await Lab.up(configuration)
    do {
      let host = SystemdHost(lab: lab, package: agent)
      try await Self.$shared.withValue(host) { try await function() }
    } catch {
      try await lab.down()
      throw error
    }
    try await lab.down()
  }
}

extension Trait where Self == SystemdTrait {
  /// A host under systemd for the whole suite: `agentHost()` hands it out.
  static var systemdHost: Self { SystemdTrait() }
}

/// The suite's host, with the agent's package installed and configured, and the agent connected.
func withAgent(_ body: (SystemdHost, LabCluster) async throws -> Void) async throws {
  let host = try #require(SystemdTrait.shared, "the suite lacks the trait .systemdHost")
  let isNew = try await host.install()
  do {
    try await LabCluster.with(host.lab) { cluster in
      // The coordinator remembers what the removed agent ran.
      if isNew { try await cluster.removeServices() }
      try await body(host, cluster)
    }
  } catch {
    Issue.record("the agent's journal ends:\n\(try await host.journal())")
    throw error
  }
}
