// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// How many instances there are, where they go, and what is left of them.
  @Suite struct PlacementTests {
    @Test("Scaling adds and takes away the highest slots; the rest runs on.")
    func scaling() async throws {
      let cluster = try await cleanCluster()
      let two = try await cluster.run(
        "{name: grown, command: [sleep, inf], replicas: 2}", replicas: 2)
      let service = two[0].instance.service
      _ = try await cluster.client.scale(service, to: 5)
      try await cluster.waitUntilRunning(service, replicas: 5)
      let five = try await cluster.processes(of: service)
      #expect(Array(five.prefix(2)) == two)
      #expect(Set(five.map(\.host)).count == 3)
      _ = try await cluster.client.scale(service, to: 1)
      try await cluster.waitUntilRunning(service, replicas: 1)
      #expect(try await cluster.processes(of: service) == [two[0]])
      #expect(try await cluster.alive(five) == [two[0]])
      try await cluster.expectKernelsAgree()
    }

    @Test("After delete no cgroup, no process and no open log file is left, on any host.")
    func deletionLeavesNothing() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(
        "{name: gone, command: [sh, -c, echo hello; exec sleep inf], replicas: 3}", replicas: 3)
      let openLogs = "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c '/logs/gone[.]' || true"
      for host in cluster.lab.hosts {
        #expect(try await cluster.slices(on: host) == ["gone.slice"])
        #expect(
          try await cluster.lab.shell(host, openLogs) == "2", "stdout and stderr of one process")
      }
      _ = try await cluster.client.delete(before[0].instance.service)
      try await cluster.waitForInstances(of: before[0].instance.service) { $0.isEmpty }
      #expect(try await cluster.alive(before).isEmpty)
      for host in cluster.lab.hosts {
        #expect(try await cluster.slices(on: host).isEmpty)
        #expect(try await cluster.lab.shell(host, openLogs) == "0")
      }
      let error = try await refusal {
        _ = try await cluster.client.service(before[0].instance.service)
      }
      #expect(error?.code == .notFound)
    }

    @Test(
      "A named port is a free one of the host, in the environment, and reached from other hosts.")
    func portsAreHandedOut() async throws {
      let cluster = try await cleanCluster()
      let processes = try await cluster.run(
        """
        name: site
        command: [tendon-website, dynamic]
        replicas: 4
        ports: {http: auto}
        resources: {memory: {request: 32Mi, limit: 128Mi}}
        """, replicas: 4)
      let views = try await cluster.client.instances(of: processes[0].instance.service)
      var reached: Set<String> = []
      for (process, view) in zip(processes, views) {
        let port = try #require(view.status?.ports["http"])
        let address = try #require(view.address)
        let variables = try await cluster.lab.shell(
          process.host, "tr '\\0' '\\n' < /proc/\(process.pid)/environ")
        #expect(variables.split(separator: "\n").contains("PORT_HTTP=\(port)"))
        #expect(variables.split(separator: "\n").contains("TENDON_INSTANCE=\(view.id)"))
        reached.insert("\(address):\(port)")
        let other = try #require(cluster.lab.hosts.first { $0 != process.host })
        var page = ""
        try await eventually("\(view.id) answers on \(address):\(port)", showing: page) {
          let answer = try await cluster.lab.exec(
            other, ["curl", "-s", "--max-time", "5", "http://\(address):\(port)/?name=Ada"])
          page = answer.text
          return page.contains("<h1>动态网站 - Ada</h1>")
        }
      }
      #expect(reached.count == 4, "two instances on one host have ports of their own")
    }

    @Test("What fits nowhere waits with each host's reason, and is placed when there is room.")
    func pendingUntilRoom() async throws {
      let cluster = try await cleanCluster()
      let filler = try await cluster.run(
        """
        name: filler
        command: [sleep, inf]
        replicas: 3
        resources: {cpu: {request: 600m}, memory: {request: 16Mi}}
        """, replicas: 3)
      #expect(Set(filler.map(\.host)).count == 3)
      let large = try await cluster.apply(
        """
        name: large
        command: [sleep, inf]
        resources: {cpu: {request: 700m}, memory: {request: 16Mi}}
        """)[0]
      let view = try await cluster.waitFor(large.slot(0)) { $0.state == .pending }
      for host in cluster.lab.hosts {
        #expect(
          view.message.contains("\(host): needs 700m CPU, 400m of 1 is free"), "\(view.message)")
      }
      #expect(try await cluster.client.why("large.0").summary.contains("host2"))
      for host in cluster.lab.hosts {
        #expect(try await cluster.slices(on: host) == ["filler.slice"])
      }
      _ = try await cluster.client.scale(filler[0].instance.service, to: 2)
      let placed = try await cluster.waitUntilRunning(large, replicas: 1)[0]
      #expect(placed.host?.rawValue == filler[2].host)
      try await cluster.expectKernelsAgree()
    }
  }
}
