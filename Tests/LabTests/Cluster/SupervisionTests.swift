// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// Probes, hooks, crash loops and explained ends on kernels with every controller.
  @Suite struct SupervisionTests {
    /// Answers 200 once the file `ready-VERSION` is in its folder, 503 before.
    private static let server = """
      use IO::Socket::INET; \
      my $s = IO::Socket::INET->new(LocalPort => $ENV{PORT_HTTP}, Listen => 5, ReuseAddr => 1) or die; \
      while (my $c = $s->accept) { <$c>; \
      print $c -e "ready-$ENV{VERSION}" ? "HTTP/1.1 200 OK\\r\\n\\r\\n" : "HTTP/1.1 503 No\\r\\n\\r\\n"; close $c }
      """

    private func spec(_ version: String) -> String {
      """
      name: web
      command: [perl, -e, '\(Self.server)']
      env: {VERSION: "\(version)"}
      ports: {http: auto}
      probes: {readiness: {http: {port: http, path: /health}, interval: 200ms, failures: 1}}
      """
    }

    /// An instance's own folder on its host.
    private func folder(_ id: InstanceID) -> String { "/run/lab/disk/work/\(id)" }

    @Test(
      "A roll-out waits for readiness by HTTP: the old copy runs until the new one answers well.")
    func readinessGatesRollOut() async throws {
      let cluster = try await cleanCluster()
      let name = try await cluster.apply(spec("1"))[0]
      let id = name.slot(0)
      for host in cluster.lab.hosts {
        try await cluster.lab.shell(host, "rm -f \(folder(id))/ready-*")
      }
      let first = try await cluster.waitFor(id) {
        $0.state == .running && $0.status?.message.contains("HTTP status 503") == true
      }
      #expect(first.status?.isReady == false)
      let host = try #require(first.host).rawValue
      try await cluster.lab.shell(host, "touch \(folder(id))/ready-1")
      let ready = try await cluster.waitFor(id) { $0.status?.isReady == true }
      let old = try await cluster.process(of: ready)
      try await cluster.apply(spec("2"))
      try await cluster.waitFor(id) { $0.placements == 2 }
      var evidence: [String] = []
      try await eventually("why tells what the new copy waits for", showing: "\(evidence)") {
        evidence = try await cluster.client.why(id.description).evidence
        return evidence.contains {
          $0.contains("takes over when it is ready") && $0.contains("HTTP status 503")
        }
      }
      let events = try await cluster.client.events(EventFilter(instance: id))
      #expect(events.count { $0.reason == "ready" } == 1)
      #expect(try await cluster.alive([old]).count == 1, "the old copy was stopped too early")
      for host in cluster.lab.hosts {
        try await cluster.lab.shell(host, "mkdir -p \(folder(id)) && touch \(folder(id))/ready-2")
      }
      let new = try await cluster.waitFor(id) {
        $0.placements == 1 && $0.status?.isReady == true && $0.epoch != ready.epoch
      }
      #expect(new.status?.pid != old.pid || new.host?.rawValue != old.host)
      #expect(try await cluster.alive([old]).isEmpty)
    }

    @Test(
      "A probe that hangs is bounded, a liveness failure restarts, and why says both in one screen."
    )
    func livenessRestarts() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: stuck
        command: [sh, -c, "echo waiting for a lock >&2; exec sleep inf"]
        stop_signal: SIGINT
        stop_grace: 1s
        probes: {liveness: {command: [sleep, inf], interval: 200ms, timeout: 300ms, failures: 2}}
        """, replicas: 1)[0]
      let view = try await cluster.waitFor(process.instance) { $0.status?.restarts ?? 0 >= 1 }
      let exit = try #require(view.status?.lastExit)
      let reason =
        "its liveness probe failed 2 times in a row: its command took more than 300ms and was killed"
      #expect(exit.stoppedBecause == reason)
      #expect(exit.status == .signaled(signal: 2, coreDumped: false))
      let why = try await cluster.client.why(process.instance.description)
      #expect(why.evidence.contains { $0.contains(reason) }, "\(why.evidence)")
      #expect(why.evidence.contains("  waiting for a lock"), "\(why.evidence)")
      #expect(why.evidence.count + why.events.count <= 40, "more than a screen")
    }

    @Test(
      "Deadlines hold: a hanging before_stop, an ignored signal, and after_stop in the empty cgroup."
    )
    func deadlinesHold() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: deaf
        command: [sh, -c, "trap '' TERM; setsid sleep inf & while :; do sleep 1; done"]
        stop_grace: 1s
        hook_timeout: 1s
        before_stop: [sh, -c, "trap '' TERM; sleep inf"]
        after_stop: [sh, -c, "cat /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/../cgroup.procs > /run/after-stop"]
        """, replicas: 1)[0]
      let started = ContinuousClock.now
      _ = try await cluster.client.delete(process.instance.service)
      try await cluster.waitForInstances(of: process.instance.service) { $0.isEmpty }
      let took = ContinuousClock.now - started
      #expect(took >= .seconds(2), "hook and grace have a second each")
      #expect(took < .seconds(10))
      #expect(try await cluster.alive([process]).isEmpty)
      #expect(try await cluster.slices(on: process.host).isEmpty)
      // Nothing of the instance was left when it ran: it reads its own parent, the instance's cgroup.
      #expect(
        try await cluster.lab.shell(process.host, "cat /run/after-stop; rm /run/after-stop") == "")
    }

    @Test("A hook has the instance's limits, also before the first start.")
    func hooksAreLimited() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: hooked
        command: [sleep, inf]
        resources: {memory: {request: 8Mi, limit: 48Mi}, pids: 33}
        before_start: [sh, -c, "cd /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/.. && cat memory.max pids.max > /run/before-start"]
        """, replicas: 1)[0]
      let limits = try await cluster.lab.shell(
        process.host, "cat /run/before-start; rm /run/before-start")
      #expect(limits.split(separator: "\n") == ["50331648", "33"])
    }

    @Test(
      "An OOM is told as such: with the instance's limit, or as the service's when its slice was over it."
    )
    func outOfMemory() async throws {
      let cluster = try await cleanCluster()
      let eat = "perl -e 'my @a; push @a, chr(65 + $_ % 26) x 1048576 for 1 .. 400; sleep 1000'"
      let name = try await cluster.apply(
        """
        name: eater
        command: [sh, -c, "echo about to eat >&2; while [ ! -e go ]; do sleep 0.1; done; exec \(eat)"]
        restart: never
        resources: {memory: {request: 8Mi, limit: 48Mi}}
        """)[0]
      let running = try await cluster.waitFor(name.slot(0)) { $0.state == .running }
      let resize = try await CLI(cluster).run("resize", "eater", "--memory", ":24Mi")
      #expect(resize.status == 0, "\(resize)")
      try await cluster.lab.shell(
        try #require(running.host).rawValue, "touch \(folder(name.slot(0)))/go")
      let view = try await cluster.waitFor(name.slot(0), within: .seconds(60)) {
        $0.state == .ended
      }
      let exit = try #require(view.status?.lastExit)
      #expect(exit.outOfMemory && exit.oomScope == .instance, "\(exit)")
      #expect(exit.memoryLimit == "25165824")
      #expect(exit.processes?.first?.name == "perl", "\(exit)")
      #expect(exit.lastLines == ["about to eat"])
      let why = try await cluster.client.why(name.slot(0).description)
      #expect(
        why.evidence.contains { $0.contains("out of memory, over its own limit of 24Mi") },
        "\(why.evidence)")
      let history = try #require(
        why.evidence.first { $0.hasPrefix("its own limit was 48Mi from ") })
      #expect(history.contains(", 24Mi from "), "\(history)")

      let capped = try await cluster.run(
        """
        name: capped
        command: [sh, -c, "while [ ! -e go ]; do sleep 0.1; done; exec \(eat)"]
        restart: never
        """, replicas: 1)[0]
      try await cluster.lab.shell(
        capped.host,
        "echo 20M > \(cgroupRoot)/capped.slice/memory.max && touch \(folder(capped.instance))/go")
      let end = try await cluster.waitFor(capped.instance, within: .seconds(60)) {
        $0.state == .ended
      }
      #expect(end.status?.lastExit?.oomScope == .service, "\(String(describing: end.status))")
      #expect(end.status?.lastExit?.memoryLimit == "20971520")
    }

    @Test("A crash loop is told once as an event, with the last exit and the last lines.")
    func crashLoop() async throws {
      let cluster = try await cleanCluster()
      let name = try await cluster.apply(
        """
        name: loop
        command: [sh, -c, "echo starting; echo cannot open the database >&2; exit 3"]
        backoff: {delay: 50ms, longest: 200ms}
        """)[0]
      try await cluster.waitFor(name.slot(0)) { $0.status?.crashLoop ?? 0 >= 7 }
      let events = try await cluster.client.events(EventFilter(instance: name.slot(0)))
        .filter { $0.reason == "crash-loop" }
      #expect(events.count == 1)
      let message = try #require(events.first).message
      #expect(message.contains("exited with status 3"), "\(message)")
      #expect(message.contains("cannot open the database"), "\(message)")
      let why = try await cluster.client.why(name.slot(0).description)
      #expect(why.summary.contains("crash loop"), "\(why.summary)")
      #expect(why.evidence.contains("  cannot open the database"), "\(why.evidence)")
    }
  }
}
