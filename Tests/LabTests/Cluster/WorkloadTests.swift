// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// Jobs, daemons and crons on real hosts.
  @Suite struct WorkloadTests {
    /// Waits until the newest run of a service is over.
    private func end(
      of name: ServiceName, _ cluster: LabCluster, within limit: Duration = .seconds(60)
    ) async throws -> WorkView.Run {
      var last: WorkView?
      try await eventually("the run of \(name) is over", within: limit, showing: "\(last as Any)") {
        do {
          last = try await cluster.client.service(name).work
        } catch ClientError.unreachable {
          return false  // The coordinator is being started again.
        }
        return last?.runs.last?.outcome != nil
      }
      return try #require(last?.runs.last)
    }

    private func exits(of name: ServiceName, _ cluster: LabCluster) async throws -> Int {
      try await cluster.client.events(EventFilter(service: name)).count {
        $0.reason == "exited" && $0.message.contains("exited with status 0")
      }
    }

    @Test("A job of 3 completions, 2 at a time, ends with 3 successes and leaves no cgroup.")
    func job() async throws {
      let cluster = try await cleanCluster()
      let name = try await cluster.apply(
        """
        name: sums
        command: [sh, -c, "sleep 1; echo done $TENDON_SLOT"]
        kind: job
        job: {completions: 3, parallelism: 2}
        """)[0]
      let run = try await end(of: name, cluster)
      #expect(run.outcome == .succeeded && run.succeeded == 3 && run.failedTries == 0)
      #expect(try await exits(of: name, cluster) == 3)
      for slot in 0..<3 {
        let view = try await cluster.client.instance(name.slot(slot))
        #expect(view.state == .ended && view.status?.lastExit?.status == .exited(code: 0))
        #expect(try await cluster.output(of: name.slot(slot), LogRequest()) == "done \(slot)\n")
      }
      for host in cluster.lab.hosts {
        try await eventually("\(host) has no cgroup left", within: .seconds(10)) {
          try await cluster.leaves(on: host).isEmpty
        }
      }
      // Never more than two at a time, as the events have it.
      var (running, most) = (0, 0)
      for event in try await cluster.client.events(EventFilter(service: name)) {
        if event.reason == "started" { running += 1 }
        if event.reason == "exited" { running -= 1 }
        most = max(most, running)
      }
      #expect(most <= 2)
      #expect(try await cluster.client.hosts().allSatisfy { $0.reservedCPU == .zero })
      _ = try await cluster.client.delete(name)
      try await eventually("nothing is left of the job") {
        try await cluster.client.instances().isEmpty
      }
    }

    @Test("A job that fails says which instance failed last, how, and how often.")
    func failingJob() async throws {
      let cluster = try await cleanCluster()
      let name = try await cluster.apply(
        """
        name: bad
        command: [sh, -c, "echo no; exit 3"]
        kind: job
        job: {backoff_limit: 1}
        """)[0]
      let run = try await end(of: name, cluster)
      #expect(run.outcome == .failed && run.failedTries == 2)
      #expect(run.message.contains("bad.0 on host"))
      #expect(run.message.contains("exited with status 3"))
      let why = try await cluster.client.why("bad")
      #expect(why.summary.contains("2 failed tries, and backoff_limit is 1"))
      #expect(try await cluster.output(of: name.slot(0), LogRequest()) == "no\n")
    }

    @Test(
      "Power loss of a host and SIGKILL of the coordinator: the job ends with each completion done."
    )
    func jobSurvives() async throws {
      let cluster = try await cleanCluster()
      let name = try await cluster.apply(
        """
        name: long
        command: [sh, -c, "sleep 5; echo done $TENDON_SLOT"]
        kind: job
        job: {completions: 4, parallelism: 3, backoff_limit: 0}
        """)[0]
      let views = try await cluster.waitUntilRunning(name, replicas: 3)
      let lost = try #require(views.first?.host?.rawValue)
      try await cluster.lab.kill(lost)
      try await cluster.lab.killCoordinator()
      try await cluster.lab.startCoordinator()
      let run = try await end(of: name, cluster, within: .seconds(90))
      #expect(run.outcome == .succeeded && run.succeeded == 4, "\(run)")
      #expect(run.failedTries == 0, "a host's end is no failed try")
      #expect(run.number == 1)
    }

    @Test("The examples of each kind run: job done, service and daemon up, the cron by hand.")
    func examples() async throws {
      let cluster = try await cleanCluster()
      let tendon = CLI(cluster)
      let applied = try await tendon.run("apply", "-f", "examples/workloads", "--wait", "90s")
      #expect(applied.status == 0, "\(applied.errors)")
      let load = try await cluster.waitUntilRunning(ServiceName("load"), replicas: 3)
      #expect(Set(load.compactMap(\.host)).count == 3)
      try await cluster.waitUntilRunning(ServiceName("clock"), replicas: 2)
      let ran = try await tendon.run("run", "report", "--wait", "30s")
      #expect(ran.status == 0, "\(ran.errors)")
      let services = try await tendon.run("get", "services")
      let lines = services.output.split(separator: "\n").map(String.init)
      func line(_ name: String) throws -> String {
        try #require(lines.first { $0.hasPrefix(name + " ") }, "\(services.output)")
      }
      #expect(try line("squares").contains("6/6"))
      #expect(try line("load").contains("3/3"))
      let report = try line("report")
      #expect(report.contains("cron") && report.contains("1 succeeded"))
      let instances = try await tendon.run("ps", "-o", "wide")
      #expect(instances.output.contains("report.1") && instances.output.contains("daemon"))
      let output = try await tendon.run("logs", "squares.5")
      #expect(output.output == "5 squared is 25\n")
      // What a cron did survives the coordinator.
      try await cluster.lab.killCoordinator()
      try await cluster.lab.startCoordinator()
      let after = try await end(of: ServiceName("report"), cluster)
      #expect(after.number == 1 && after.outcome == .succeeded)
      let again = try await tendon.run("run", "report", "--wait", "30s")
      #expect(again.status == 0, "\(again.errors)")
      #expect(try await cluster.client.service(ServiceName("report")).work?.runs.count == 2)
    }
  }
}
