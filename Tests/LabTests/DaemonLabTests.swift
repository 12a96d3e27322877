// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs {
  /// Hosts that join while daemons are wanted; a lab of its own, as a host that has joined stays known.
  @Suite(.serialized, .enabled(if: Lab.isAvailable)) struct DaemonLabTests {
    @Test(
      "A daemon runs on all hosts, and on one that joins later; one with labels only where they are."
    )
    func joins() async throws {
      try await LabCluster.withLab(LabConfiguration(name: "t-daemon", hosts: 2)) {
        try await check($0)
      }
    }

    private func check(_ cluster: LabCluster) async throws {
      let names = try await cluster.apply(
        """
        {name: everywhere, kind: daemon, command: [sleep, inf], resources: {memory: {request: 8Mi}}}
        ---
        {name: picky, kind: daemon, hosts: {disk: ssd}, command: [sleep, inf], resources: {memory: {request: 8Mi}}}
        """)
      let two = try await cluster.waitUntilRunning(names[0], replicas: 2)
      #expect(Set(two.compactMap(\.host?.rawValue)) == ["host1", "host2"])
      for host in cluster.lab.hosts {
        let leaves = try await cluster.leaves(on: host)
        #expect(leaves.count == 1 && leaves.allSatisfy { $0.hasPrefix("everywhere.slice/") })
      }
      #expect(try await cluster.client.instances(of: names[1]).isEmpty)
      try await startLateAgent(cluster, on: "host2")
      do {
        try await cluster.waitForHosts(within: .seconds(20)) { $0.count == 3 }
      } catch {
        let log = try await cluster.lab.exec("host2", ["cat", "/tmp/late/log"])
        Issue.record("the late agent says: \(log.text)")
        throw error
      }
      let three = try await cluster.waitUntilRunning(names[0], replicas: 3)
      #expect(three.map { $0.host?.rawValue }.last == "late")
      #expect(three.prefix(2).map(\.epoch) == two.map(\.epoch))
      let picky = try await cluster.waitUntilRunning(names[1], replicas: 1)
      #expect(picky[0].host?.rawValue == "late")
      let text = try await cluster.lab.shell(
        "host2", "cd /sys/fs/cgroup/tendon-late && ls -d *.slice/*")
      #expect(text.contains("everywhere.slice/everywhere.2"))
      #expect(text.contains("picky.slice/picky.0"))
    }

    /// A second agent in one host's kernel, with a name, folders and a cgroup of its own: a host that joins.
    private func startLateAgent(_ cluster: LabCluster, on host: String) async throws {
      let pid = try await cluster.lab.agentPID(host)
      let result = try await cluster.lab.exec(host, ["cat", "/proc/\(pid)/cmdline"])
      var arguments = result.stdout.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      let own = [
        "--host-name": "late", "--state-dir": "/tmp/late/state", "--run-dir": "/tmp/late/run",
        "--log-dir": "/tmp/late/logs", "--work-dir": "/tmp/late/work",
      ]
      for index in arguments.indices.dropLast() {
        if let value = own[arguments[index]] { arguments[index + 1] = value }
      }
      arguments += ["--cgroup-root", "/sys/fs/cgroup/tendon-late", "--label", "disk=ssd"]
      let started = try await cluster.lab.exec(
        host,
        [
          "sh", "-c",
          "mkdir -p /tmp/late/state /tmp/late/run /sys/fs/cgroup/tendon-late; setsid \"$@\" >/tmp/late/log 2>&1 </dev/null &",
          "sh",
        ] + arguments, environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"])
      #expect(started.status == 0, "\(started.errorText)")
    }
  }
}
