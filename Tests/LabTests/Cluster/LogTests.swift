// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// Output of instances on real disks, read from other hosts.
  @Suite struct LogTests {
    @Test(
      "A writer faster than its disk is brought back into its space; what is kept has every line.")
    func rotation() async throws {
      let cluster = try await cleanCluster()
      // seq numbers its lines as fast as it can; some 170 MB in all.
      let process = try await cluster.run(
        """
        name: writer
        command: [sh, -c, "seq 1 20000000; echo done >&2; sleep inf"]
        logs: {max_size: 4Mi}
        """, replicas: 1)[0]
      let id = process.instance
      let folder = "/run/lab/disk/logs/\(id)"
      try await eventually("all is written", within: .seconds(120)) {
        try await cluster.output(of: id, LogRequest(stream: .stderr)) == "done\n"
      }
      try await eventually("the space is kept") {
        let text = try await cluster.lab.shell(process.host, "du -s \(folder) | cut -f1")
        return Int(text) ?? .max <= 4 * 1024 + 128
      }
      // Beside those of a service of that name before.
      let size = try await cluster.lab.shell(
        process.host, "stat -c %s \(folder)/*.stdout | sort -n | tail -n 1")
      #expect(Int(size) ?? 0 > 160_000_000, "offsets stay: \(size)")
      let text = try await cluster.output(of: id, LogRequest(stream: .stdout))
      let numbers = text.split(separator: "\n").map { Int($0) }
      #expect(numbers.count > 100_000 && numbers.last == 20_000_000)
      let first = try #require(numbers.first ?? nil)
      #expect(first > 1)
      #expect(numbers.elementsEqual((first...20_000_000).map { Optional($0) }))
    }

    @Test("A writer that its disk keeps up with never takes much more than its space.")
    func bounded() async throws {
      let cluster = try await cleanCluster()
      // 24 MB in 60 pieces. Each is sent before the next one, and what is over is given back in between.
      let process = try await cluster.run(
        """
        name: steady
        command: [sh, -c, "for n in $(seq 60); do yes | head -c 400000; sync; done; echo done >&2; sleep inf"]
        logs: {max_size: 4Mi}
        """, replicas: 1)[0]
      let folder = "/run/lab/disk/logs/\(process.instance)"
      var most = 0
      try await eventually("all is written", within: .seconds(60)) {
        let text = try await cluster.lab.shell(process.host, "du -s \(folder) | cut -f1")
        most = max(most, Int(text) ?? 0)
        return try await cluster.output(of: process.instance, LogRequest(stream: .stderr))
          == "done\n"
      }
      #expect(most < 12 * 1024, "\(most) KiB at one time")
    }

    @Test(
      "Several instances at once are told apart by prefix, from any host; tail and since count for each."
    )
    func several() async throws {
      let cluster = try await cleanCluster()
      _ = try await cluster.run(
        """
        name: chorus
        command: [sh, -c, "echo one $TENDON_SLOT; echo two $TENDON_SLOT; sleep inf"]
        replicas: 3
        """, replicas: 3)
      let tendon = CLI(cluster)
      try await eventually("all have written") {
        let result = try await tendon.run("logs", "chorus")
        return result.output.split(separator: "\n").count == 6
      }
      let all = try await tendon.run("logs", "chorus")
      #expect(
        all.output
          == (0...2).map { "chorus.\($0) | one \($0)\nchorus.\($0) | two \($0)\n" }
          .joined())
      let tail = try await tendon.run("logs", "chorus.2", "chorus.0", "--tail", "1")
      #expect(tail.output == "chorus.2 | two 2\nchorus.0 | two 0\n")
      #expect(try await tendon.run("logs", "chorus.1", "--since", "1h").output == "one 1\ntwo 1\n")
      let future = try await tendon.run("logs", "chorus.1", "--since", "2100-01-01T00:00:00Z")
      #expect(future.status == 0 && future.output.isEmpty, "\(future)")
      #expect(try await tendon.run("logs", "nobody").status == 4)
    }

    @Test(
      "Following goes on over restarts, --previous is the run before, and both end as they should.")
    func restarts() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: phoenix
        command: [sh, -c, "rm -f go; mkfifo go; echo up $$; read x < go; echo down; exit 3"]
        """, replicas: 1)[0]
      let id = process.instance
      let go = "/run/lab/disk/work/\(id)/go"
      let first = try await cluster.output(of: id, LogRequest(), until: "up")
      let none = try await CLI(cluster).run("logs", id.description, "--previous")
      #expect(none.status == 4 && none.errors.contains("no run before"), "\(none.errors)")
      var followed = ""
      let stream = try await cluster.client.logs(of: id, LogRequest(follow: true))
      var restarts = 0
      for try await chunk in stream {
        followed += String(buffer: chunk)
        let ups = followed.split(separator: "\n").count { $0.hasPrefix("up") }
        if ups > restarts, ups < 3 {
          restarts = ups
          try await cluster.lab.shell(
            process.host, "until [ -p \(go) ]; do sleep 0.1; done; echo x > \(go)")
        }
        if ups == 3 { break }
      }
      #expect(followed.hasPrefix(first))
      #expect(followed.split(separator: "\n").count { $0 == "down" } == 2)
      let previous = try await CLI(cluster).run("logs", id.description, "--previous")
      let second = followed.split(separator: "\n").dropFirst(2).prefix(2).joined(separator: "\n")
      #expect(previous.output == second + "\n", "\(previous)")
    }

    @Test(
      "While no agent runs, output goes on: nothing is lost, nobody gets SIGPIPE, and followers go on."
    )
    func agentDies() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: counter
        command: [sh, -c, "i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done"]
        """, replicas: 1)[0]
      let path = "/run/lab/disk/logs/\(process.instance)/*.stdout"
      let client = cluster.client
      var before = 0
      let result = try await CLI(cluster).run("logs", "counter.0", "-f") { output in
        try await eventually("it is followed") { try output().contains("3\n") }
        let agent = try await cluster.lab.killAgent(process.host)
        before = Int(try await cluster.lab.shell(process.host, "tail -n 1 \(path)")) ?? 0
        try await eventually("it writes on") {
          Int(try await cluster.lab.shell(process.host, "tail -n 1 \(path)")) ?? 0 > before + 20
        }
        try await cluster.untilAgent(of: process.host, isNot: agent)
        try await eventually("it is followed again") {
          try output().contains("\n\(before + 100)\n")
        }
        #expect(try await cluster.alive([process]) == [process])
        let text = try await cluster.output(of: process.instance, LogRequest())
        let numbers = text.split(separator: "\n").dropLast().map { Int($0) }
        #expect(numbers.elementsEqual((1...numbers.count).map { Optional($0) }))
        _ = try await client.delete(process.instance.service)
      }
      let seen = Set(result.output.split(separator: "\n").compactMap { Int($0) })
      #expect(seen.isSuperset(of: 1...before + 100), "a line was left out")
      #expect(result.status == 0, "\(result.errors)")
    }

    @Test(
      "Following goes on where the instance goes, when it moves to another host, and ends with it.")
    func move() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: nomad
        command: [sh, -c, "echo on $TENDON_HOST; sleep inf"]
        """, replicas: 1)[0]
      var hosts = [process.host]
      let result = try await CLI(cluster).run("logs", "nomad.0", "-f") { output in
        try await eventually("it is followed") { try output() == "on \(process.host)\n" }
        try await cluster.lab.kill(process.host)
        let moved = try await cluster.waitFor(process.instance) {
          $0.state == .running && $0.host?.rawValue != process.host
        }
        hosts.append(try #require(moved.host).rawValue)
        try await eventually("it is followed to its new host") {
          try output().split(separator: "\n").count == 2
        }
        _ = try await cluster.client.delete(process.instance.service)
      }
      #expect(result.output == hosts.map { "on \($0)\n" }.joined(), "\(result)")
      #expect(result.status == 0, "\(result.errors)")
    }
  }
}

extension LabCluster {
  /// An instance's output, once it holds a text.
  func output(
    of id: InstanceID, _ request: LogRequest, until wanted: String
  ) async throws -> String {
    var text = ""
    try await eventually("\(id) has written \(wanted)") {
      text = try await output(of: id, request)
      return text.contains(wanted)
    }
    return text
  }
}
