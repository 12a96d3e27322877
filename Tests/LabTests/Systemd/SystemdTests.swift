// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs {
  /// The packages as installed on systemd as process 1: units, scope, upgrade, removal.
  @Suite(
    .serialized, .enabled(if: Lab.whyNot(SystemdTrait.configuration) == nil),
    .timeLimit(.minutes(15)), .systemdHost)
  struct SystemdTests {
    static let steady = """
      name: steady
      command: [sleep, inf]
      replicas: 2
      resources:
        cpu: {request: 100m, limit: 500m}
        memory: {request: 16Mi, limit: 64Mi}
        pids: 20
      """

    @Test(
      "Installed, the agent is ready, and instances live in the scope, not in the agent's unit.")
    func installedAgentRuns() async throws {
      try await withAgent { host, cluster in
        let before = try await cluster.run(Self.steady, replicas: 2)
        let pid = try await host.agentPID()
        for process in before {
          let cgroup = try await host.shell("sed -n 's/^0:://p' /proc/\(process.pid)/cgroup")
          let scope = "/tendon.slice/tendon-instances.scope/steady.slice/\(process.instance)@"
          #expect(cgroup.hasPrefix(scope), "\(cgroup)")
        }
        #expect(
          try await host.shell("cat /sys/fs/cgroup/tendon.slice/tendon-agent.service/cgroup.procs")
            == pid)
        let holder = try await host.shell("cat \(SystemdHost.scope)/holder/cgroup.procs")
        #expect(try await host.shell("cat /proc/\(holder)/comm") == "tendon-init")
        #expect(try await host.property("Delegate", of: "tendon-instances.scope") == "yes")
        #expect(try await host.property("TasksMax", of: "tendon-instances.scope") == "infinity")
        #expect(try await host.property("StatusText").contains("host host1: "))
        #expect(try await host.shell("systemd-analyze verify tendon-agent.service 2>&1") == "")
      }
    }

    @Test(
      "The installed program runs without a Swift toolchain: its libraries are the package's own.")
    func librariesArePackaged() async throws {
      try await withAgent { host, _ in
        let pid = try await host.agentPID()
        let libraries = try await host.shell(
          "awk '/\\.so/ {print $6}' /proc/\(pid)/maps | sort -u")
        let foreign = libraries.split(separator: "\n").filter {
          !$0.hasPrefix("/usr/lib/tendon-agent/") && !$0.hasPrefix("/usr/lib/x86_64-linux-gnu/")
            && !$0.hasPrefix("/usr/lib/aarch64-linux-gnu/") && !$0.hasPrefix("/lib/")
        }
        #expect(foreign.isEmpty)
        #expect(libraries.contains("/usr/lib/tendon-agent/libswiftCore.so"))
      }
    }

    @Test("systemd-cgls shows services and instances by their names.")
    func treeIsReadable() async throws {
      try await withAgent { host, cluster in
        let before = try await cluster.run(Self.steady, replicas: 2)
        let tree = try await host.shell("systemd-cgls --no-pager -l /tendon.slice")
        for name in ["tendon-agent.service", "tendon-instances.scope", "holder", "steady.slice"] {
          #expect(tree.contains(name), "\(tree)")
        }
        for process in before {
          #expect(tree.contains("\(process.instance)@"), "\(tree)")
          #expect(tree.contains("\(process.pid) sleep inf"), "\(tree)")
        }
      }
    }

    @Test("The journal finds what is about an instance by its field.")
    func journalHasFields() async throws {
      try await withAgent { host, cluster in
        _ = try await cluster.run(Self.steady, replicas: 2)
        try await eventually("the start is in the journal") {
          try await host.shell("journalctl TENDON_INSTANCE=steady.1 -o cat").contains("started")
        }
        let entry = try await host.shell(
          "journalctl TENDON_INSTANCE=steady.1 -o verbose -n 1 --no-pager")
        for field in [
          "TENDON_SERVICE=steady", "TENDON_HOST=host1", "PRIORITY=",
          "_SYSTEMD_UNIT=tendon-agent.service",
        ] { #expect(entry.contains(field), "\(entry)") }
      }
    }

    @Test(
      "Instances keep their processes and limits through everything that happens to agent and systemd.",
      arguments: Disturbance.allCases)
    func instancesSurvive(_ disturbance: Disturbance) async throws {
      try await withAgent { host, cluster in
        let before = try await cluster.run(Self.steady, replicas: 2)
        let pid = try await host.agentPID()
        try await disturbance.happen(on: host)
        if disturbance.replacesAgent { try await host.waitForAgent(after: pid) }
        #expect(try await cluster.alive(before) == before)
        try await cluster.waitForHosts { $0.allSatisfy { $0.state == .ready && $0.isConnected } }
        try await cluster.waitUntilRunning(before[0].instance.service, replicas: 2)
        #expect(try await cluster.processes(of: before[0].instance.service) == before)
        if !disturbance.replacesAgent { #expect(try await host.agentPID() == pid) }
        for process in before {
          let files = try await cluster.kernelFiles(
            ["cpu.max", "memory.max", "pids.max"], of: process)
          #expect(files["cpu.max"] == "50000 100000")
          #expect(files["memory.max"] == String(64 << 20))
          #expect(files["pids.max"] == "20")
        }
        let controllers = try await host.shell("cat \(SystemdHost.scope)/cgroup.subtree_control")
        #expect(Set(controllers.split(separator: " ")).isSuperset(of: ["cpu", "memory", "pids"]))
      }
    }

    @Test(
      "After systemd has read its units anew and started itself anew, a resize still reaches the kernel."
    )
    func resizeAfterReload() async throws {
      try await withAgent { host, cluster in
        let before = try await cluster.run(Self.steady, replicas: 2)
        try await host.shell(
          "systemctl daemon-reload; systemctl daemon-reexec; systemctl daemon-reload")
        var change = ResourcesChange()
        change.cpuLimit = .value(MilliCPU(700))
        change.memoryLimit = .value(.mebibytes(96))
        let answer = try await cluster.client.resize(
          before[0].instance.service, ResizeRequest(change: change))
        #expect(answer.instances.count == 2)
        for process in before {
          let files = try await cluster.kernelFiles(["cpu.max", "memory.max"], of: process)
          #expect(files == ["cpu.max": "70000 100000", "memory.max": String(96 << 20)])
        }
        #expect(try await cluster.processes(of: before[0].instance.service) == before)
        try await cluster.removeServices()
      }
    }

    @Test("In a shutdown the agent is stopped before its instances, and starts none of them again.")
    func shutdownOrder() async throws {
      try await withAgent { host, cluster in
        let before = try await cluster.run(Self.steady, replicas: 2)
        let begin = try await host.shell("date +%s.%N")
        // What a shutdown does to both, without the rest of the machine.
        try await host.shell("systemctl stop tendon.slice")
        #expect(try await cluster.alive(before).isEmpty)
        #expect(try await host.status("test", "-e", SystemdHost.scope) == 1)
        let said = try await host.shell("journalctl --since @\(begin) -o cat --no-pager")
        let agent = try #require(said.firstRange(of: "Stopped tendon-agent.service"), "\(said)")
        let scope = try #require(said.firstRange(of: "Stopped tendon-instances.scope"), "\(said)")
        #expect(agent.lowerBound < scope.lowerBound, "\(said)")
        #expect(!said.contains(": started"), "\(said)")
        try await host.shell("systemctl start tendon-agent")
        try await cluster.waitUntilRunning(before[0].instance.service, replicas: 2)
        try await cluster.removeServices()
      }
    }
  }
}

/// What must not matter to instances.
enum Disturbance: String, CaseIterable, Sendable {
  case reload, reexec, restart, crash, hang, upgrade

  var replacesAgent: Bool { self != .reload && self != .reexec }

  func happen(on host: SystemdHost) async throws {
    switch self {
    case .reload: try await host.shell("systemctl daemon-reload")
    case .reexec: try await host.shell("systemctl daemon-reexec")
    case .restart: try await host.shell("systemctl restart tendon-agent")
    case .crash: try await host.shell("kill -KILL \(try await host.agentPID())")
    case .hang: try await host.shell("kill -STOP \(try await host.agentPID())")
    case .upgrade:
      let newer = SystemdHost.version + "+next"
      let package = try Packages.build(["tendon-agent"], version: newer)[0]
      try await host.shell("dpkg -i \(package) 2>&1")
      let version = try await host.shell("dpkg-query -W -f '${Version}' tendon-agent")
      guard version == newer else { throw LabClusterError("\(version) is installed") }
    }
  }
}
