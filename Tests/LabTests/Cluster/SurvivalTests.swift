// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// What an agent stands on fails: its disk, its parent of all instances, both at once.
  @Suite struct SurvivalTests {
    private static let spec = """
      name: survivor
      command: [sleep, inf]
      replicas: 3
      resources: {cpu: {request: 50m}, memory: {request: 16Mi, limit: 64Mi}}
      """
    private static let state = "/run/lab/state"

    /// Gives the host's next agent another file system for its state while `body` runs.
    /// - Parameter mount: a shell script that mounts it and leaves it as it is to be found.
    private func withState(
      _ mount: String, on host: String, _ cluster: LabCluster, _ body: () async throws -> Void
    ) async throws {
      try await cluster.lab.holdAgent(host)
      try await cluster.lab.killAgent(host)
      do {
        try await cluster.lab.shell(host, "cd / && \(mount)")
      } catch {
        try await cluster.lab.releaseAgent(host)
        throw error
      }
      try await cluster.lab.releaseAgent(host)
      let result: Result<Void, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      try await cluster.lab.holdAgent(host)
      try await cluster.lab.killAgent(host)
      try await cluster.lab.shell(host, "umount -l \(Self.state)")
      try await cluster.lab.releaseAgent(host)
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      try result.get()
    }

    @Test("A full disk is told, what runs goes on, nothing new starts there, and it ends with it.")
    func fullDisk() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(Self.spec, replicas: 3)
      let host = before[0].host
      let fill = """
        cp \(Self.state)/placements.journal /tmp/journal && touch /tmp/lock \
        && mount -t tmpfs -o size=4m full \(Self.state) \
        && cp /tmp/journal \(Self.state)/placements.journal && touch \(Self.state)/agent.lock \
        && mkdir -p \(Self.state)/work && { cat /dev/zero > \(Self.state)/ballast 2>/dev/null; true; }
        """
      try await withState(fill, on: host, cluster) {
        // Larger than what is left of the journal's last page.
        let late = """
          {name: late, command: [sleep, inf], replicas: 9, env: {LARGE: \(String(repeating: "x", count: 8192))},
           resources: {cpu: {request: 10m}, memory: {request: 8Mi}}}
          """
        let service = try await cluster.apply(late)[0]
        let word = "state-not-writable"
        try await cluster.waitForHosts(within: .seconds(30)) { views in
          views.contains { $0.id.rawValue == host && "\($0.conditions ?? [])".contains(word) }
        }
        #expect(try await cluster.processes(of: before[0].instance.service) == before)
        let cli = CLI(cluster)
        let why = try await cli.run("why", host)
        #expect(why.status == 0 && why.output.contains("No space left on device"), "\(why)")
        let hosts = try await cli.run("hosts")
        #expect(hosts.output.contains("\(word): "), "\(hosts)")
        // What was refused is tried elsewhere meanwhile.
        try await eventually("a start was refused on \(host)") {
          try await cluster.client.events(EventFilter(service: service)).contains {
            $0.host?.rawValue == host && $0.message.contains("No space left on device")
          }
        }
        try await cluster.lab.shell(host, "rm \(Self.state)/ballast")
        try await cluster.waitUntilRunning(service, replicas: 9)
        try await cluster.waitForHosts { $0.allSatisfy { ($0.conditions ?? []).isEmpty } }
        #expect(try await cluster.processes(of: before[0].instance.service) == before)
      }
    }

    @Test("A disk that can only be read keeps no agent from taking over what runs, and is told.")
    func readOnlyDisk() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(Self.spec, replicas: 3)
      let host = before[0].host
      let bind = "mount --bind \(Self.state) \(Self.state)"
      try await withState(
        "\(bind) && mount -o remount,bind,ro \(Self.state)", on: host, cluster
      ) {
        try await cluster.waitForHosts(within: .seconds(30)) { views in
          views.contains {
            $0.id.rawValue == host && "\($0.conditions ?? [])".contains("Read-only file system")
          }
        }
        #expect(try await cluster.processes(of: before[0].instance.service) == before)
      }
      try await cluster.waitForHosts { $0.allSatisfy { ($0.conditions ?? []).isEmpty } }
      #expect(try await cluster.processes(of: before[0].instance.service) == before)
    }

    @Test(
      "tendon-init is killed, alone or with the agent: the same processes are taken over, fenced ones too.",
      arguments: [["tendon-init"], ["tendon-agent", "tendon-init"]])
    func initIsKilled(_ programs: [String]) async throws {
      let cluster = try await cleanCluster()
      try await Stamps.clear(cluster)
      let fenced = try await cluster.run(
        "{name: fenced, command: \(Stamps.command), fence: true}", replicas: 1)
      let all = try await cluster.run(Self.spec, replicas: 3)
      let host = fenced[0].host
      let find = "grep -lx \(programs.map { "-e \($0)" }.joined(separator: " ")) /proc/[0-9]*/comm"
      let old = try await cluster.lab.agentPID(host)
      try await cluster.untilStamped(fenced)
      let start = Stamps.now
      try await cluster.lab.shell(host, "kill -9 $(\(find) | cut -d/ -f3)")
      if programs.contains("tendon-agent") { try await cluster.untilAgent(of: host, isNot: old) }
      try await eventually("another tendon-init runs") {
        let look = ["sh", "-c", "grep -qx tendon-init /proc/[0-9]*/comm"]
        return try await cluster.lab.exec(host, look).status == 0
      }
      try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
      #expect(try await cluster.processes(of: all[0].instance.service) == all)
      #expect(try await cluster.processes(of: fenced[0].instance.service) == fenced)
      try await cluster.expectRan(fenced, since: start)
      // It is watched: its end is noticed, though nobody can say how it ended.
      try await cluster.lab.shell(host, "kill -9 \(fenced[0].pid)")
      let view = try await cluster.waitFor(fenced[0].instance) {
        $0.state == .running && $0.status?.restarts == 1
      }
      #expect(view.status?.lastExit?.status == .unknown)
    }

    @Test(
      "tendon-init starts its program again in place: the same processes, and it is still told.")
    func initUpgrades() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(Self.spec, replicas: 3)
      let host = before[0].host
      let find = "grep -lx tendon-init /proc/[0-9]*/comm | cut -d/ -f3"
      let pid = try await cluster.lab.shell(host, find)
      try await cluster.lab.shell(host, "kill -HUP $(\(find))")
      try await cluster.lab.shell(host, "kill -9 \(before[0].pid)")
      let view = try await cluster.waitFor(before[0].instance) {
        $0.state == .running && $0.status?.restarts == 1
      }
      #expect(view.status?.lastExit?.status == .signaled(signal: 9, coreDumped: false))
      #expect(try await cluster.lab.shell(host, find) == pid)
      let after = try await cluster.processes(of: before[0].instance.service)
      #expect(Set(after).isSuperset(of: before.dropFirst()), "nothing else was started again")
    }
  }
}
