// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonLinux
@testable import TendonModel

@Suite(
  "Commands in instances, on this host's kernel", .enabled(if: AgentHarness.mount != nil),
  .timeLimit(.minutes(1)))
struct EnteredProcessTests {
  private struct Result {
    var output = ""
    var error = ""
    var end: EnteredProcess.Event?
  }

  /// What is known of the instance that commands run in.
  private struct Place {
    var target: ExecTarget
    var helper: String
  }

  private func withInstance(
    _ script: String = "exec sleep 100", user: String? = nil, isolation: Isolation = .standard,
    _ body: (Place, AgentHarness) async throws -> Void
  ) async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        // The environment is that of the program that runs now.
        var placement = try shell("export OWN=more; \(script)")
        placement.spec.env = ["GIVEN": "by the spec"]
        placement.spec.user = user
        placement.spec.sandbox.isolation = isolation
        // The scratch folder is root's alone.
        if user != nil { placement.spec.workdir = "/" }
        await life.want(placement)
        _ = try await life.status(of: 1) { $0.phase == .running }
        let target = try await life.agent.execTarget(Epoch(1))
        try await body(Place(target: target, helper: host.launcher.executable), host)
        await life.end(1)
        try await life.untilRemoved(1)
      }
    }
  }

  private func start(
    _ command: [String], _ place: Place, _ change: (inout EnterRequest) -> Void = { _ in }
  ) throws -> EnteredProcess {
    let cgroup = FileDescriptor(rawValue: try Files.openDirectory(place.target.cgroup))
    // Nothing is written to a directory's descriptor.
    defer { try? cgroup.close() }
    var request = EnterRequest(
      target: place.target.process, cgroup: cgroup, arguments: command)
    change(&request)
    return try EnteredProcess(request, helper: place.helper)
  }

  private func finish(_ process: EnteredProcess) async throws -> Result {
    try await BlockingThread.run {
      var result = Result()
      while true {
        switch process.next() {
        case .output(let bytes): result.output += String(decoding: bytes, as: UTF8.self)
        case .error(let bytes): result.error += String(decoding: bytes, as: UTF8.self)
        case let event:
          result.end = event
          process.reap()
          return result
        }
      }
    }
  }

  @Test(
    "A command runs in the instance's cgroup, folder and environment, with both streams and its status."
  )
  func runs() async throws {
    try await withInstance { place, host in
      let process = try start(
        ["sh", "-c", "cat /proc/self/cgroup; pwd; echo \"$GIVEN$OWN\"; echo bad >&2; exit 42"],
        place)
      let result = try await finish(process)
      #expect(result.end == .ended(.exited(code: 42)))
      #expect(result.error == "bad\n")
      let own = place.target.cgroup.split(separator: "/").suffix(2).joined(separator: "/")
      #expect(result.output.contains(own), "\(result.output)")
      #expect(result.output.hasSuffix("/web.0\nby the specmore\n"), "\(result.output)")
      #expect(try CgroupProcesses.list(place.target.cgroup) == [place.target.process.pid])
    }
  }

  @Test("Standard input gets to the command, its end too, and megabytes come back unchanged.")
  func input() async throws {
    try await withInstance { place, _ in
      let process = try start(["cat"], place) { $0.hasInput = true }
      let text = String(repeating: "0123456789abcde\n", count: 200_000)
      async let result = finish(process)
      let wasTaken = try await BlockingThread.run {
        let wasTaken = process.write(Array(text.utf8))
        process.endInput()
        return wasTaken
      }
      #expect(wasTaken)
      let (output, end) = (try await result.output, try await result.end)
      #expect(output == text && end == .ended(.exited(code: 0)))
    }
  }

  @Test(
    "A terminal is a controlling one, of the right size, also after a change, and keys make signals."
  )
  func terminal() async throws {
    try await withInstance { place, _ in
      let script = """
        trap 'echo interrupted; exit 7' INT; trap 'echo resized; stty size' WINCH
        tty; stty size; echo $TERM; while :; do sleep 0.05; done
        """
      let process = try start(["sh", "-c", script], place) {
        $0.terminal = TerminalSize(columns: 71, rows: 23)
        $0.environment = ["TERM": "vt100"]
      }
      var output = ""
      func read(until text: String) async throws {
        while !output.contains(text) {
          let event = try await BlockingThread.run { process.next() }
          guard case .output(let bytes) = event else {
            Issue.record("\(event) after \(output)")
            throw HarnessFault("no more output")
          }
          output += String(decoding: bytes, as: UTF8.self)
        }
      }
      try await read(until: "vt100")
      #expect(output.contains("23 71") && output.contains("/dev/pts/"))
      process.resize(TerminalSize(columns: 100, rows: 40))
      try await read(until: "40 100")
      let wasTaken = try await BlockingThread.run { process.write([3]) }
      #expect(wasTaken)
      let result = try await finish(process)
      #expect((output + result.output).contains("interrupted"))
      #expect(result.end == .ended(.exited(code: 7)))
    }
  }

  @Test(
    "A signal gets to the command's whole group; what it left in the background is ended with it.")
  func signalsAndLeftovers() async throws {
    try await withInstance { place, _ in
      let process = try start(
        ["sh", "-c", "setsid sleep 1000 & sleep 1000 & trap 'exit 9' TERM; echo on; wait"], place)
      #expect(try await BlockingThread.run { process.next() } == .output(Array("on\n".utf8)))
      #expect(try CgroupProcesses.list(place.target.cgroup).count == 5)
      process.send(signal: SIGTERM)
      let result = try await finish(process)
      #expect(result.end == .ended(.exited(code: 9)))
      #expect(try CgroupProcesses.list(place.target.cgroup) == [place.target.process.pid])
    }
  }

  @Test("Hanging up ends a command that ignores everything, and all that it has started.")
  func hangUp() async throws {
    try await withInstance { place, _ in
      let process = try start(
        [
          "sh", "-c",
          "trap '' HUP TERM INT; setsid sleep 1000 & echo on; while :; do sleep 1; done",
        ],
        place)
      #expect(try await BlockingThread.run { process.next() } == .output(Array("on\n".utf8)))
      process.hangUp()
      let result = try await finish(process)
      #expect(result.end == .ended(.signaled(signal: SIGKILL, coreDumped: false)))
      #expect(try CgroupProcesses.list(place.target.cgroup) == [place.target.process.pid])
    }
  }

  @Test(
    "A command runs as the instance's user, or as another, and gets no rights that root's process lacks."
  )
  func users() async throws {
    try await withInstance(user: "nobody") { place, _ in
      let script = "id -u; grep -E 'CapEff|NoNewPrivs' /proc/self/status"
      let own = try await finish(try start(["sh", "-c", script], place))
      #expect(own.output.hasPrefix("65534\nCapEff:\t0000000000000000\n"), "\(own.output)")
      let root = try await UserIdentity.find("root")
      let other = try await finish(try start(["id", "-u"], place) { $0.user = root })
      #expect(other.output == "0\n")
    }
  }

  @Test("What can't be run is told with the step; a process that has ended is not joined.")
  func failures() async throws {
    try await withInstance { place, _ in
      do {
        _ = try start(["/nonexistent"], place)
        Issue.record("it ran")
      } catch let error as EnterError {
        #expect(error.description == "exec /nonexistent: No such file or directory")
      }
      var gone = place
      gone.target.process = ProcessIdentity(
        pid: place.target.process.pid, startTicks: place.target.process.startTicks + 1)
      do {
        _ = try start(["true"], gone)
        Issue.record("it ran")
      } catch let error as EnterError {
        #expect(error.description.contains("has ended"), "\(error)")
      }
      #expect(try CgroupProcesses.list(place.target.cgroup) == [place.target.process.pid])
    }
  }

  @Test("A command joins the instance's own mount, UTS and PID namespaces.")
  func namespaces() async throws {
    let script = """
      exec unshare --mount --uts --pid --fork --kill-child sh -c '
        hostname inside; mount -t tmpfs none /mnt && mount -t proc none /proc; touch /mnt/secret; exec sleep 100'
      """
    try await withInstance(script, isolation: .none) { place, _ in
      // The namespaces' own first process: the child of the one that made them.
      var inner: ProcessIdentity?
      while inner == nil {
        try await Task.sleep(for: .milliseconds(10))
        for pid in try CgroupProcesses.list(place.target.cgroup)
        where pid != place.target.process.pid
          && FileManagerless.text("/proc/\(pid)/comm") == "sleep\n"
        {
          inner = try ProcessIdentity.current(pid: pid)
        }
      }
      var joined = place
      joined.target.process = try #require(inner)
      let result = try await finish(
        try start(
          [
            "sh", "-c",
            "hostname; ls /mnt; ps -o pid,comm 2>/dev/null | grep -c . ; cat /proc/1/comm",
          ], joined))
      #expect(result.end == .ended(.exited(code: 0)), "\(result.error)")
      #expect(result.output.hasPrefix("inside\nsecret\n"), "\(result.output)")
      #expect(result.output.hasSuffix("sleep\n"), "\(result.output)")
      #expect(access("/mnt/secret", F_OK) != 0)
    }
  }
}

extension EnteredProcessTests {
  @Test(
    "A command in a strict instance sees what the instance sees: its processes, its name, its files."
  )
  func strict() async throws {
    // Not there by chance on the machine itself.
    let note = "/tmp/tendon-note-\(getpid())"
    let script = "echo ours >\(note); exec sleep 100"
    try await withInstance(script, isolation: .strict) { place, _ in
      var text = ""
      // The instance writes its note after it was started.
      while text.isEmpty {
        let result = try await finish(
          try start(
            [
              "sh", "-c",
              "cat \(note) 2>/dev/null; cat /proc/1/comm; cat /etc/hostname; hostname",
            ],
            place))
        #expect(result.end == .ended(.exited(code: 0)), "\(result.error)")
        if result.output.hasPrefix("ours\n") { text = result.output }
      }
      #expect(text.hasPrefix("ours\nsleep\n"), "\(text)")
      #expect(text.hasSuffix("\nweb.0\n"), "\(text)")
      #expect(access(note, F_OK) != 0)
    }
  }
}

private enum FileManagerless {
  static func text(_ path: String) -> String {
    // One that has ended has no file.
    (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
