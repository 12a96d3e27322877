// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// Commands run inside instances, by the built program from outside the cluster.
  @Suite struct ExecTests {
    private func instance(_ cluster: LabCluster) async throws -> SeenProcess {
      try await cluster.run(
        "{name: host-me, command: [sleep, inf], env: {OWN: mine}}", replicas: 1)[0]
    }

    @Test("A command is in the instance's cgroup; its status, streams and input are its caller's.")
    func withoutTerminal() async throws {
      let cluster = try await cleanCluster()
      let process = try await instance(cluster)
      let tendon = CLI(cluster)
      let script = "cat /proc/self/cgroup; echo $OWN; cat; echo bad >&2; exit 42"
      let result = try await tendon.run(
        "exec", "host-me.0", "-i", "--", "sh", "-c", script, input: "typed\n")
      #expect(result.status == 42, "\(result.errors)")
      let cgroup = try await cluster.lab.shell(process.host, "cat /proc/\(process.pid)/cgroup")
      #expect(result.output == "\(cgroup)\nmine\ntyped\n")
      #expect(result.errors == "bad\n")
      let none = try await tendon.run("exec", "host-me.0", "--", "cat", input: "not passed on\n")
      #expect(none.status == 0 && none.output.isEmpty)
      let signal = try await tendon.run("exec", "host-me.0", "--", "sh", "-c", "kill -9 $$")
      #expect(signal.status == 137)
      let absent = try await tendon.run("exec", "host-me.0", "--", "/bin/nope")
      #expect(
        absent.status == 5 && absent.errors.contains("exec /bin/nope: No such file"),
        "\(absent.errors)")
      let events = try await cluster.client.events(EventFilter(instance: process.instance))
      #expect(events.contains { $0.reason == "exec" && $0.message.contains("runs cat in it") })
      #expect(!events.contains { $0.message.contains("typed") })
      #expect(try await cluster.pids(of: process) == [process.pid])
    }

    @Test("With a terminal, the command has one of the caller's size, and keys get to it.")
    func withTerminal() async throws {
      let cluster = try await cleanCluster()
      let process = try await instance(cluster)
      // script(1) gives the program a terminal of its own.
      let tendon = CLI(cluster)
      let result = try await tendon.inTerminal(
        "exec", "host-me.0", "-t", "--", "sh", "-c", "stty size; tty; read x; echo got $x; exit 7",
        input: "key\n")
      #expect(result.status == 7, "\(result)")
      #expect(result.output.contains("33 99") && result.output.contains("/dev/pts/"), "\(result)")
      #expect(result.output.contains("got key"), "\(result)")
      let refused = try await tendon.run("exec", "host-me.0", "-t", "--", "true")
      #expect(refused.status == 2 && refused.errors.contains("terminal"))
      #expect(try await cluster.pids(of: process) == [process.pid])
    }

    @Test("Hanging up, and the agent's death, end the command and all it has started.")
    func hangUp() async throws {
      let cluster = try await cleanCluster()
      let process = try await instance(cluster)
      let script = "trap '' HUP TERM INT; setsid sleep inf & while :; do sleep 1; done"
      let client = cluster.client
      for isAgentKilled in [false, true] {
        await withTaskGroup(of: Void.self) { group in
          group.addTask {
            do {
              let run = try await client.exec(
                in: process.instance, ExecRequest(command: ["sh", "-c", script]))
              for try await _ in run.frames {}
            } catch {
              // It ends without a word, by our own doing.
            }
          }
          do {
            try await eventually("it runs, with its helper and its own child") {
              try await cluster.pids(of: process).count >= 4
            }
            if isAgentKilled { _ = try await cluster.lab.killAgent(process.host) }
          } catch {
            Issue.record("\(error)")
          }
          group.cancelAll()
        }
        try await eventually("nothing is left of it") {
          try await cluster.pids(of: process) == [process.pid]
        }
        try await cluster.undoFaults()
      }
    }
  }
}

extension LabCluster {
  /// The processes in the cgroup of an instance's process.
  fileprivate func pids(of process: SeenProcess) async throws -> [Int32] {
    try await cgroupFile("cgroup.procs", of: process).split(separator: "\n").compactMap {
      Int32($0)
    }
  }
}
