// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// How processes start, speak, end and are started again.
  @Suite struct ProcessTests {
    @Test("A command that cannot be executed is told with the step and the kernel's reason.")
    func execFailureIsExplained() async throws {
      let cluster = try await cleanCluster()
      let name = try await cluster.apply("{name: nope, command: [/bin/nope]}")[0]
      var text = ""
      try await eventually(
        "why tells the step and the reason", showing: text
      ) {
        let why = try await cluster.client.why(name.slot(0).description)
        text = ([why.summary] + why.evidence + why.events.map(\.message)).joined(separator: "\n")
        return text.contains("exec") && text.contains("/bin/nope")
          && text.contains("No such file or directory")
      }
      #expect(try await cluster.client.service(name).running == 0)
    }

    @Test("Output is kept by stream, its last lines are found, and it can be followed.")
    func logsAreRead() async throws {
      let cluster = try await cleanCluster()
      let script = "echo one; echo two; echo three; echo bad >&2; read x < go; echo four; sleep inf"
      let process = try await cluster.run(
        """
        name: talker
        command: [sh, -c, "rm -f go; mkfifo go; \(script)"]
        """, replicas: 1)[0]
      let id = process.instance
      try await eventually("all is written") {
        try await cluster.output(of: id, LogRequest(stream: .stderr)) == "bad\n"
      }
      #expect(
        try await cluster.output(of: id, LogRequest(stream: .stdout)) == "one\ntwo\nthree\n")
      #expect(
        try await cluster.output(of: id, LogRequest(stream: .stdout, tailLines: 2))
          == "two\nthree\n")
      // Again and again: each answer ends its connection, and the next request must not meet that end.
      for _ in 1...20 {
        #expect(try await cluster.output(of: id, LogRequest()) == "one\ntwo\nthree\nbad\n")
      }
      // The fourth line is written only once the reader has had the third.
      var followed = ""
      let stream = try await cluster.client.logs(
        of: id, LogRequest(stream: .stdout, tailLines: 1, follow: true))
      for try await chunk in stream {
        followed += String(buffer: chunk)
        if followed == "three\n" {
          try await cluster.lab.shell(
            process.host, "echo x > /run/lab/disk/work/\(id)/go")
        }
        if followed.contains("four") { break }
      }
      #expect(followed == "three\nfour\n")
    }

    @Test("always, on-failure and never decide what follows an exit.")
    func restartPolicies() async throws {
      let cluster = try await cleanCluster()
      let names = try await cluster.apply(
        """
        {name: always, command: [sh, -c, exit 3], restart: always}
        ---
        {name: done, command: [sh, -c, exit 0], restart: on-failure}
        ---
        {name: fails, command: [sh, -c, exit 1], restart: on-failure}
        ---
        {name: never, command: [sh, -c, exit 5], restart: never}
        """)
      let always = try await cluster.waitFor(names[0].slot(0)) { $0.status?.restarts ?? 0 >= 2 }
      #expect(always.status?.lastExit?.status == .exited(code: 3))
      let fails = try await cluster.waitFor(names[2].slot(0)) { $0.status?.restarts ?? 0 >= 2 }
      #expect(fails.status?.lastExit?.status == .exited(code: 1))
      let done = try await cluster.waitFor(names[1].slot(0)) { $0.state == .ended }
      #expect(done.status?.lastExit?.status == .exited(code: 0))
      #expect(done.status?.restarts == 0)
      let never = try await cluster.waitFor(names[3].slot(0)) { $0.state == .ended }
      #expect(never.status?.lastExit?.status == .exited(code: 5))
      #expect(never.status?.restarts == 0)
    }

    @Test(
      "A process that ignores SIGTERM ends with its cgroup when its grace is over; nothing is left."
    )
    func stubbornProcessEnds() async throws {
      let cluster = try await cleanCluster()
      // The children are in sessions of their own: only the cgroup holds them together.
      let script = "trap '' TERM; setsid sleep inf & setsid sleep inf & while :; do sleep 1; done"
      let before = try await cluster.run(
        """
        name: stubborn
        command: [sh, -c, "\(script)"]
        replicas: 3
        stop_grace: 1s
        """, replicas: 3)
      for process in before {
        try await eventually("its children run") {
          try await cluster.cgroupFile("cgroup.procs", of: process).split(separator: "\n").count
            >= 3
        }
      }
      let started = ContinuousClock.now
      _ = try await cluster.client.delete(before[0].instance.service)
      try await cluster.waitForInstances(of: before[0].instance.service) { $0.isEmpty }
      #expect(ContinuousClock.now - started >= .seconds(1), "the grace of 1 s was not given")
      #expect(try await cluster.alive(before).isEmpty)
      for host in cluster.lab.hosts {
        #expect(try await cluster.slices(on: host).isEmpty)
        let sleepers = try await cluster.lab.exec(host, ["pgrep", "-f", "sleep inf"])
        #expect(sleepers.text.isEmpty, "on \(host): \(sleepers.text)")
      }
    }

    @Test("A process that heeds SIGTERM has its grace to end in order.")
    func politeProcessEnds() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: polite
        command: [sh, -c, "trap 'touch /run/said-goodbye; exit 0' TERM; while :; do sleep 0.1; done"]
        stop_grace: 30s
        """, replicas: 1)[0]
      let started = ContinuousClock.now
      _ = try await cluster.client.delete(process.instance.service)
      try await cluster.waitForInstances(of: process.instance.service) { $0.isEmpty }
      #expect(ContinuousClock.now - started < .seconds(15), "it ended long before its grace")
      try await cluster.lab.shell(process.host, "rm /run/said-goodbye")
    }
  }
}
