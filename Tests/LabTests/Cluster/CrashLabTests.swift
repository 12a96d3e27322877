// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// Instances that hosts fail, on real hosts.
  @Suite struct CrashLabTests {
    @Test(
      "What only one host fails is started again there first, and then runs on another, which is told why."
    )
    func moved() async throws {
      let cluster = try await cleanCluster()
      // Each host's /run is its own; the file is what this host lacks.
      let name = try await cluster.apply(
        """
        name: picky
        command: [sh, -c, "test -e /run/wanted || exit 3; exec sleep inf"]
        backoff: {delay: 50ms, longest: 200ms}
        resources: {memory: {request: 16Mi}}
        """)[0]
      let first = try await cluster.waitFor(name.slot(0)) { $0.status?.crashLoop ?? 0 >= 5 }
      let bad = try #require(first.host?.rawValue)
      for host in cluster.lab.hosts where host != bad {
        _ = try await cluster.lab.shell(host, "touch /run/wanted")
      }
      let moved = try await cluster.waitFor(name.slot(0)) {
        $0.isReady && $0.placements == 1 && $0.status?.crashLoop == nil && $0.host?.rawValue != bad
      }
      #expect(moved.host?.rawValue != bad)
      let events = try await cluster.client.events(EventFilter(instance: name.slot(0)))
      #expect(
        events.contains { $0.reason == "moved" && $0.message.contains("\(bad) keeps failing it") },
        "\(events)")
      let why = try await CLI(cluster).run("why", "picky.0")
      #expect(
        why.output.contains("\(bad) keeps failing it")
          && why.output.contains("exited with status 3"),
        "\(why)")
      for host in cluster.lab.hosts { _ = try await cluster.lab.shell(host, "rm -f /run/wanted") }
      try await cluster.expectKernelsAgree()
    }

    @Test(
      "What fails on every host ends up on one, in its backoff, and says so; releasing it begins anew."
    )
    func everywhere() async throws {
      let cluster = try await cleanCluster()
      let name = try await cluster.apply(
        """
        name: broken
        command: [sh, -c, "exit 3"]
        backoff: {delay: 50ms, longest: 200ms}
        resources: {memory: {request: 16Mi}}
        """)[0]
      try await eventually("it has failed everywhere", within: .seconds(60)) {
        try await cluster.client.events(EventFilter(instance: name.slot(0)))
          .contains { $0.reason == "fails-everywhere" }
      }
      let view = try await cluster.waitFor(name.slot(0)) { $0.placements == 1 }
      let events = try await cluster.client.events(EventFilter(instance: name.slot(0), limit: 1000))
      #expect(events.count { $0.reason == "moved" } == 2)
      #expect(Set(events.filter { $0.reason == "crash-loop" }.map(\.host)).count == 3)
      let why = try await CLI(cluster).run("why", "broken.0")
      #expect(why.output.contains("it is not tried on further hosts"), "\(why)")
      let word = try await CLI(cluster).run("release", "broken.0")
      #expect(
        word.status == 0 && word.output == "broken.0 is placed as if nothing had been\n", "\(word)")
      try await cluster.waitFor(name.slot(0), within: .seconds(60)) {
        $0.host != nil && $0.host != view.host
      }
      let unknown = try await CLI(cluster).run("release", "nobody")
      #expect(
        unknown.status == 4 && unknown.errors.contains("there is no service nobody"), "\(unknown)")
    }

    @Test(
      "The third host that loses its power under an instance is the last, until the instance is released."
    )
    func quarantine() async throws {
      let cluster = try await cleanCluster()
      let name = try await cluster.apply(
        """
        name: killer
        command: [sleep, inf]
        resources: {memory: {request: 16Mi}}
        """)[0]
      let tendon = CLI(cluster)
      var lost: [HostID] = []
      for number in 0..<3 {
        let view = try await cluster.waitFor(name.slot(0)) { [lost] in
          $0.state == .running && $0.host.map { !lost.contains($0) } ?? false
        }
        let host = try #require(view.host)
        lost.append(host)
        try await cluster.lab.kill(host.rawValue)
        if number < 2 {
          try await cluster.waitFor(name.slot(0)) { $0.state == .running && $0.host != host }
        } else {
          try await cluster.waitFor(name.slot(0)) { $0.quarantinedAt != nil }
        }
        try await cluster.lab.start(host.rawValue)
        try await cluster.waitForHosts { hosts in
          hosts.allSatisfy { $0.state == .ready && $0.isConnected }
        }
        // The next one has to be another.
        if number < 2 {
          #expect(try await tendon.run("host", "cordon", host.rawValue).status == 0)
        }
      }
      let list = try await tendon.run("ps")
      #expect(list.output.contains("quarantined"), "\(list)")
      let why = try await tendon.run("why", "killer.0")
      #expect(
        why.output.contains("\(lost[0]), \(lost[1]) and \(lost[2]) went down")
          && why.output.contains("tendon release killer.0"), "\(why)")
      #expect(try await tendon.run("release", "killer").status == 0)
      try await cluster.waitFor(name.slot(0)) { $0.state == .running && $0.quarantinedAt == nil }
      for host in lost { _ = try await tendon.run("host", "uncordon", host.rawValue) }
    }
  }
}
