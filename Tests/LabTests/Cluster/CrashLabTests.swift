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
  }
}
