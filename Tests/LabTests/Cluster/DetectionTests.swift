// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// What silence is taken for, on real kernels.
  @Suite struct DetectionTests {
    private static let spec = """
      name: watched
      command: [sleep, inf]
      replicas: 3
      resources: {cpu: {request: 50m}, memory: {request: 16Mi, limit: 64Mi}}
      """

    @Test("Only the path to the coordinator is cut: others reach the host, and it is not given up.")
    func pathIsCut() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(Self.spec, replicas: 3)
      let service = before[0].instance.service
      let host = before[0].host
      let id = try HostID(host)
      let revision = try await cluster.revision()
      // Nothing that leaves the host for the coordinator gets there, answers of its kernel neither.
      let route = "blackhole \(cluster.lab.network.coordinator)/32"
      try await cluster.lab.shell(host, "ip route add \(route)")
      do {
        try await eventually("the coordinator knows that others reach it") {
          try await cluster.client.host(id).message.contains("reaches it")
        }
        try await Task.sleep(for: .seconds(10))  // The time that passes is what is tested.
        let why = try await cluster.client.why(host)
        #expect(why.detection?.state == .suspect)
        #expect(why.detection?.probes?.reachedBy != nil, "\(why.evidence)")
        #expect((why.detection?.probes?.confirmed ?? 0) > 0, "\(why.evidence)")
        #expect(try await cluster.alive(before) == before)
      } catch {
        // The next test has the same hosts.
        try await cluster.lab.shell(host, "ip route del \(route)")
        throw error
      }
      try await cluster.lab.shell(host, "ip route del \(route)")
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      let events = try await cluster.hostEvents(since: revision)
      #expect(events.contains("host-suspect \(host)"), "\(events)")
      #expect(!events.contains { $0.hasPrefix("host-down") }, "\(events)")
      try await cluster.waitUntilRunning(service, replicas: 3)
      #expect(try await cluster.processes(of: service) == before)
    }

    @Test("An agent stands still for 5 s: its kernel answers, so its host is waited for.")
    func agentHangs() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(Self.spec, replicas: 3)
      let host = before[0].host
      let id = try HostID(host)
      let revision = try await cluster.revision()
      try await cluster.lab.signalAgent(host, SIGSTOP)
      try await eventually("the coordinator knows that its kernel lives") {
        try await cluster.client.host(id).message.contains("its kernel answers")
      }
      try await Task.sleep(for: .seconds(5))  // The time that passes is what is tested.
      try await cluster.lab.signalAgent(host, SIGCONT)
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      let events = try await cluster.hostEvents(since: revision)
      #expect(!events.contains { $0.hasPrefix("host-down") }, "\(events)")
      #expect(try await cluster.processes(of: before[0].instance.service) == before)
    }
  }
}
