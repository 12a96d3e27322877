// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// What operators say of hosts, with the CLI.
  @Suite struct DrainLabTests {
    private static let spec = """
      name: staying
      command: [sleep, inf]
      replicas: 6
      resources: {cpu: {request: 50m}, memory: {request: 16Mi, limit: 64Mi}}
      ---
      name: everywhere
      kind: daemon
      command: [sleep, inf]
      resources: {memory: {request: 8Mi, limit: 64Mi}}
      """

    @Test(
      "A host is emptied with no copy less at any moment, also while the coordinator dies, and used again after.",
      arguments: [false, true])
    func drain(coordinatorDies: Bool) async throws {
      let cluster = try await cleanCluster()
      let names = try await cluster.apply(Self.spec)
      try await cluster.waitUntilRunning(names[0], replicas: 6)
      try await cluster.waitUntilRunning(names[1], replicas: 3)
      let before = try await cluster.processes(of: names[0])
      let victim = before[0].host
      let daemons = try await cluster.processes(of: names[1])
      let tendon = CLI(cluster)
      let drain = try await tendon.run(
        "host", "drain", victim, "--pace", "1", "--reason", "a new kernel")
      #expect(drain.status == 0, "\(drain)")
      if coordinatorDies {
        try await cluster.lab.killCoordinator()
        try await cluster.lab.startCoordinator()
      }
      var fewest = 6
      try await eventually("it is drained", within: .seconds(30)) {
        // While no coordinator answers there is nothing to be seen; what runs is looked at below.
        guard let views = try? await cluster.client.instances(of: names[0]) else { return false }
        fewest = min(fewest, views.count { $0.state == .running })
        return try await cluster.client.host(HostID(victim)).cordon?.drain?.isDone ?? false
      }
      if !coordinatorDies { #expect(fewest == 6) }
      try await cluster.waitUntilRunning(names[0], replicas: 6)
      let after = try await cluster.processes(of: names[0])
      #expect(!after.contains { $0.host == victim })
      // What had nothing to leave for is untouched.
      #expect(Set(after).isSuperset(of: before.filter { $0.host != victim }))
      #expect(try await cluster.alive(before.filter { $0.host == victim }).isEmpty)
      #expect(try await cluster.processes(of: names[1]) == daemons)
      let list = try await tendon.run("get", "hosts")
      #expect(
        list.output.contains("ready,drained") && list.output.contains("a new kernel"), "\(list)")
      let waited = try await tendon.run("host", "drain", victim, "--wait", "5s")
      #expect(waited.status == 0 && waited.output.hasSuffix("\(victim) is drained\n"), "\(waited)")
      let back = try await tendon.run("host", "uncordon", victim)
      #expect(back.status == 0 && back.output.contains("takes new instances again"), "\(back)")
      try await cluster.expectKernelsAgree()
    }

    @Test("What can't leave is told, and runs on; what is bad is refused with what to do.")
    func blocked() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: large
        command: [sleep, inf]
        resources: {memory: {request: 160Mi}}
        """, replicas: 1)[0]
      let tendon = CLI(cluster)
      let others = cluster.lab.hosts.filter { $0 != process.host }
      let cordon = try await tendon.run("host", "cordon", others[0], others[1])
      #expect(cordon.status == 0, "\(cordon)")
      let drain = try await tendon.run("host", "drain", process.host, "--wait", "1s")
      #expect(drain.status == 1, "\(drain)")
      #expect(
        drain.errors.contains("large.0: can't leave its host yet")
          && drain.errors.contains("\(others[0]): is cordoned"), "\(drain)")
      let why = try await tendon.run("why", process.host)
      #expect(why.output.contains("can't leave: large.0"), "\(why)")
      #expect(try await cluster.alive([process]) == [process])
      for (words, status, says) in [
        (["host", "drain", process.host, "--pace", "0"], Int32(2), "--pace must be 1 to 1000"),
        (["host", "cordon", "nowhere"], 4, "there is no host nowhere; there are: "),
        (["host", "cordon", process.host], 5, "is being drained already"),
        (["host", "confirm-down", process.host], 5, "is not down: it was heard"),
      ] {
        let result = try await tendon.run(words: words)
        #expect(result.status == status && result.errors.contains(says), "\(words): \(result)")
      }
      for host in cluster.lab.hosts {
        #expect(try await tendon.run("host", "uncordon", host).status == 0)
      }
    }

    @Test(
      "A drain of fenced instances takes nothing that serves while one that does not uses up the budget; then one at a time."
    )
    func budget() async throws {
      let cluster = try await cleanCluster()
      // What slot 5 needs is missing on all hosts, in a folder of each host's own.
      let name = try await cluster.apply(
        """
        name: ledger
        command: [sh, -c, "test $TENDON_SLOT != 5 || test -e /run/wanted || exit 3; exec sleep inf"]
        replicas: 6
        fence: true
        disruption: {max_unavailable: 1}
        backoff: {delay: 50ms, longest: 500ms, healthy_after: 1s}
        resources: {cpu: {request: 50m}, memory: {request: 16Mi, limit: 64Mi}}
        """)[0]
      try await cluster.waitFor(name.slot(5)) { $0.status?.crashLoop != nil }
      let process = try await cluster.processes(of: name).first { $0.instance.slot == 0 }
      let victim = try #require(process).host
      let tendon = CLI(cluster)
      let drain = try await tendon.run("host", "drain", victim, "--pace", "6")
      #expect(drain.status == 0, "\(drain)")
      try await eventually("the budget holds it back") {
        try await cluster.client.events(EventFilter(service: name)).contains {
          $0.reason == "held-back" && $0.message.contains("max_unavailable: 1")
        }
      }
      let why = try await tendon.run("why", victim)
      #expect(
        why.output.contains("can't leave: ledger.0")
          && why.output.contains("lets at most 1 of 6 instances be unavailable"), "\(why)")
      #expect(try await cluster.alive([process].compactMap { $0 }).count == 1)
      for host in cluster.lab.hosts { _ = try await cluster.lab.shell(host, "touch /run/wanted") }
      var fewest = 6
      try await eventually("it is drained", within: .seconds(60)) {
        let views = try await cluster.client.instances(of: name).filter { $0.id.slot != 5 }
        fewest = min(fewest, 1 + views.count { $0.state == .running })
        return try await cluster.client.host(HostID(victim)).cordon?.drain?.isDone ?? false
      }
      #expect(fewest >= 5)
      try await cluster.waitUntilRunning(name, replicas: 6)
      #expect(try await !cluster.processes(of: name).contains { $0.host == victim })
      for host in cluster.lab.hosts { _ = try await cluster.lab.shell(host, "rm /run/wanted") }
      #expect(try await tendon.run("host", "uncordon", victim).status == 0)
      try await cluster.expectKernelsAgree()
    }

    @Test("A host whose power is off is said to be dead: what ran there runs elsewhere at once.")
    func confirmed() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: sole
        command: [sleep, inf]
        resources: {memory: {request: 16Mi}}
        """, replicas: 1)[0]
      // Its network is cut as well from here on: what answers for it is what the operator says.
      try await cluster.lab.kill(process.host)
      try await eventually("it is suspect") {
        try await cluster.client.host(HostID(process.host)).state != .ready
      }
      let word = try await CLI(cluster).run("host", "confirm-down", process.host)
      #expect(word.status == 0 && word.output.contains("counts as dead"), "\(word)")
      try await cluster.waitFor(process.instance) {
        $0.state == .running && $0.host?.rawValue != process.host
      }
    }
  }
}
