// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs {
  /// A host without instances joins; a lab of its own, where nobody else sees instances move unasked.
  @Suite(.serialized, .enabled(if: Lab.isAvailable)) struct RebalanceLabTests {
    @Test("An empty host takes its share within a minute, unasked; what stays keeps its process.")
    func share() async throws {
      try await LabCluster.withLab(LabConfiguration(name: "t-balance", hosts: 2)) {
        try await check($0)
      }
    }

    private func check(_ cluster: LabCluster) async throws {
      try await cluster.lab.kill("host2")
      try await cluster.waitForHosts {
        $0.contains { $0.id.rawValue == "host2" && $0.state == .down }
      }
      let before = try await cluster.run(
        """
        name: web
        command: [sleep, inf]
        replicas: 6
        resources: {cpu: {request: 100m}, memory: {request: 8Mi}}
        """, replicas: 6)
      let service = before[0].instance.service
      #expect(before.allSatisfy { $0.host == "host1" })
      try await cluster.lab.start("host2")
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      try await cluster.waitForInstances(of: service, within: .seconds(60)) { views in
        views.count == 6 && views.allSatisfy { $0.state == .running }
          && views.count { $0.host?.rawValue == "host2" } == 3
      }
      let stayed = try await cluster.processes(of: service).filter { $0.host == "host1" }
      #expect(stayed.count == 3 && Set(before).isSuperset(of: stayed))
      try await cluster.expectKernelsAgree()
    }
  }
}
