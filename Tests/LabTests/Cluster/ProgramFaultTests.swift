// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// The programs of Tendon itself die or stand still.
  @Suite struct ProgramFaultTests {
    @Test("An agent is killed and comes back: it takes over the same processes.")
    func agentIsKilled() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(
        """
        name: kept
        command: [sleep, inf]
        replicas: 3
        resources: {memory: {request: 16Mi, limit: 64Mi}}
        """, replicas: 3)
      let host = before[0].host
      let service = before[0].instance.service
      let old = try await cluster.lab.killAgent(host)
      try await cluster.untilAgent(of: host, isNot: old)
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      // That it really took over: it resizes the same process.
      var change = ResourcesChange()
      change.memoryLimit = .value(.mebibytes(96))
      _ = try await cluster.client.resize(service, ResizeRequest(change: change))
      for process in before {
        #expect(try await cluster.cgroupFile("memory.max", of: process) == "100663296")
      }
      #expect(try await cluster.processes(of: service) == before)
      let views = try await cluster.client.instances(of: service)
      #expect(views.allSatisfy { $0.status?.restarts == 0 })
    }

    @Test("What exits while its agent is dead is reported with its real status.")
    func exitWithoutAgent() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(
        """
        name: exits
        command: [sh, -c, "trap 'exit 42' USR1; while :; do sleep 0.1; done"]
        replicas: 6
        resources: {cpu: {request: 50m}, memory: {request: 16Mi}}
        """, replicas: 6)
      let exiting = before[0]
      try await cluster.lab.holdAgent(exiting.host)
      try await cluster.lab.killAgent(exiting.host)
      try await cluster.lab.shell(exiting.host, "kill -USR1 \(exiting.pid)")
      try await eventually("the process has ended") {
        try await cluster.alive([exiting]).isEmpty
      }
      try await cluster.lab.releaseAgent(exiting.host)
      let view = try await cluster.waitFor(exiting.instance) {
        $0.state == .running && $0.status?.restarts == 1
      }
      #expect(view.status?.lastExit?.status == .exited(code: 42))
      #expect(view.status?.lastExit?.outOfMemory == false)
      #expect(view.host?.rawValue == exiting.host)
      let after = try await cluster.processes(of: exiting.instance.service)
      #expect(Set(after).isSuperset(of: before.dropFirst()), "nothing else was started again")
      #expect(after.count == 6)
    }

    @Test(
      "The coordinator is killed right after it acknowledged: nothing is lost, nothing restarts.")
    func coordinatorIsKilled() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(
        "{name: first, command: [sleep, inf], replicas: 3}", replicas: 3)
      let epoch = try await cluster.client.version().coordinatorEpoch
      let second = try await cluster.apply("{name: second, command: [sleep, inf], replicas: 3}")[0]
      try await cluster.lab.killCoordinator()
      #expect(try await cluster.alive(before) == before, "instances need no coordinator")
      try await cluster.lab.startCoordinator()
      try await cluster.waitUntilRunning(second, replicas: 3)
      #expect(try await cluster.client.version().coordinatorEpoch > epoch)
      try await cluster.waitUntilRunning(before[0].instance.service, replicas: 3)
      #expect(try await cluster.processes(of: before[0].instance.service) == before)
      try await cluster.expectKernelsAgree()
    }

    @Test(
      "The coordinator stands still for 30 s: it gives up no host, and nothing moves or stops but what is fenced, which is placed again."
    )
    func coordinatorIsFrozen() async throws {
      let cluster = try await cleanCluster()
      try await Stamps.clear(cluster)
      let fenced = try await cluster.run(
        "{name: fenced, command: \(Stamps.command), fence: true}", replicas: 1)
      let before = try await cluster.run(
        "{name: calm, command: \(Stamps.command), replicas: 3}", replicas: 3)
      let revision = try await cluster.revision()
      try await cluster.untilStamped(fenced + before)
      try await cluster.lab.freezeCoordinator()
      let start = Stamps.now
      try await Task.sleep(for: .seconds(30))  // The time that passes is what is tested.
      try await cluster.lab.thawCoordinator()
      try await expectCalm(cluster, before, since: revision)
      try await cluster.expectRan(before, since: start)
      try await cluster.waitUntilRunning(fenced[0].instance.service, replicas: 1)
      try await eventually("the new copy has written") {
        try Stamps(fenced[0].instance, cluster).lives.count == 2
      }
      let stamps = try Stamps(fenced[0].instance, cluster)
      try #require(stamps.lives.count == 2)
      #expect(stamps.overlap == nil && stamps.lives[1].first > start + 30_000)
      // Its lease, from a heartbeat before the stop, and no longer.
      let left = stamps.lives[0].last - start
      #expect(left > 4500 && left < 5200, "\(left) ms")
    }

    @Test("An agent stands still for 1 s: its host is not given up.")
    func agentIsFrozen() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(
        "{name: still, command: [sleep, inf], replicas: 3}", replicas: 3)
      let revision = try await cluster.revision()
      let host = before[0].host
      let pid = try await cluster.lab.signalAgent(host, SIGSTOP)
      let state = try await cluster.lab.shell(host, "sed -n 's/^State:.//p' /proc/\(pid)/status")
      #expect(state.hasPrefix("T"), "\(state)")
      try await Task.sleep(for: .seconds(1))  // The time that passes is what is tested.
      try await cluster.lab.signalAgent(host, SIGCONT)
      try await expectCalm(cluster, before, since: revision)
    }

    /// No host was given up, and the same processes run: looked at after the time in which a late verdict would fall.
    private func expectCalm(
      _ cluster: LabCluster, _ before: [SeenProcess], since revision: Revision
    ) async throws {
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      try await Task.sleep(for: .seconds(3))
      let events = try await cluster.hostEvents(since: revision)
      #expect(!events.contains { $0.hasPrefix("host-down") }, "\(events)")
      let service = before[0].instance.service
      try await cluster.waitUntilRunning(service, replicas: before.count)
      #expect(try await cluster.processes(of: service) == before)
    }
  }
}
