// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel

/// The lab that benchmarks measure in, always named `bench`; every run brings one of its own up and down.
enum BenchLab {
  /// - Throws: `LabError`, which says what is missing, where this machine cannot run a lab.
  static func with<Result>(
    hosts: Int, hostMemoryBytes: UInt64 = 512 << 20, coordinatorArguments: [String] = [],
    _ body: (LabCluster) async throws -> Result
  ) async throws -> Result {
    var configuration = LabConfiguration(name: "bench", hosts: hosts)
    configuration.hostMemoryBytes = hostMemoryBytes
    configuration.coordinatorArguments = coordinatorArguments
    if let reason = Lab.whyNot(configuration) { throw reason }
    let lab = try await Lab.up(configuration)
    do {
      let result = try await LabCluster.with(lab) { try await body($0) }
      try await lab.down()
      return result
    } catch {
      try await lab.down()
      throw error
    }
  }

  /// Waits until all hosts are ready and connected, and every instance runs, once.
  static func untilWhole(_ cluster: LabCluster) async throws {
    let count = cluster.lab.hosts.count
    try await cluster.waitForHosts { views in
      views.count == count && views.allSatisfy { $0.state == .ready && $0.isConnected }
    }
    for service in try await cluster.client.services() {
      try await cluster.waitUntilRunning(service.spec.name, replicas: service.spec.replicas)
    }
  }

  /// Deletes a service and waits until nothing of it is left.
  static func remove(_ service: ServiceName, on cluster: LabCluster) async throws {
    _ = try await cluster.client.delete(service)
    try await cluster.waitForInstances(of: service) { $0.isEmpty }
  }

  /// Applies a service that does nothing and waits until all of it runs.
  static func apply(
    _ name: String, replicas: Int, resources: Resources, fence: Bool = false,
    on cluster: LabCluster
  ) async throws -> ServiceName {
    let service = try ServiceName(name)
    var spec = ServiceSpec(
      name: service, command: ["sleep", "inf"], replicas: replicas, resources: resources)
    spec.fence = fence
    _ = try await cluster.client.apply(ApplyRequest(services: [spec]))
    try await cluster.waitUntilRunning(service, replicas: replicas, within: .seconds(180))
    return service
  }
}

/// Why a measurement would say nothing.
struct BenchError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension Duration {
  /// For results.
  var milliseconds: Double {
    Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15
  }

  /// For results.
  var microseconds: Double { milliseconds * 1000 }
}
