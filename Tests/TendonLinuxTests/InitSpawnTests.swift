// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel
import Testing

@testable import TendonLinux

@Suite("tendon-init starts programs", .timeLimit(.minutes(2)))
struct InitSpawnTests {
  @Test("A program gets its arguments, environment, directory and files, and nothing else.")
  func argumentsAndEnvironment() async throws {
    try await InitHarness.with { harness in
      let (text, status) = try await harness.output(
        of: ["sh", "-c", "echo \"$0 $1\"; env | sort; pwd; umask", "a b", "c"],
        environment: ["PATH=/bin:/usr/bin", "ANSWER=42"]
      ) {
        $0.directory = "/usr"
        $0.umask = 0o027
      }
      #expect(status == .exited(code: 0))
      #expect(text == "a b c\nANSWER=42\nPATH=/bin:/usr/bin\nPWD=/usr\n/usr\n0027\n")
    }
  }

  @Test("No descriptor but the standard streams is open in the program.")
  func descriptorsClosed() async throws {
    try await InitHarness.with { harness in
      let (text, _) = try await harness.output(of: ["ls", "/proc/self/fd"])
      // 3 is the folder that ls reads.
      #expect(text == "0\n1\n2\n3\n")
    }
  }

  @Test("The program leads a session of its own, whose parent is tendon-init.")
  func session() async throws {
    try await InitHarness.with { harness in
      let process = try await harness.spawn(["sleep", "60"])
      #expect(getsid(process.pid) == process.pid)
      #expect(try status("PPid", of: process.pid) == String(harness.initPID))
      #expect(try ProcessIdentity.current(pid: process.pid) == process.identity)
      #expect(!process.pidfd.hasEnded)
    }
  }

  @Test("The start that is told is the kernel's, whether the clock or /proc has told it.")
  func startTicks() async throws {
    try await InitHarness.with { harness in
      // A tick is 10 ms: some of these begin right before one.
      for epoch in UInt64(1)...200 {
        let process = try await harness.spawn(["sleep", "60"], epoch: epoch)
        #expect(try ProcessIdentity.current(pid: process.pid) == process.identity)
        try process.pidfd.send(signal: SIGKILL)
      }
    }
  }

  @Test("Signals are at their defaults: nothing ignored, nothing blocked, nothing caught.")
  func signals() async throws {
    try await InitHarness.with { harness in
      let (text, _) = try await harness.output(of: ["cat", "/proc/self/status"])
      let sets = text.split(separator: "\n").filter { $0.hasPrefix("Sig") && $0.contains("0000") }
      #expect(sets.count == 4)
      for set in sets { #expect(set.hasSuffix(":\t0000000000000000"), "\(set)") }
    }
  }

  @Test("Limits on open files are set.")
  func openFiles() async throws {
    try await InitHarness.with { harness in
      let (text, _) = try await harness.output(of: ["sh", "-c", "ulimit -Sn; ulimit -Hn"]) {
        $0.openFiles = (soft: 123, hard: 456)
      }
      #expect(text == "123\n456\n")
    }
  }

  @Test("A user is set with its groups.", .enabled(if: geteuid() == 0))
  func user() async throws {
    try await InitHarness.with { harness in
      let (text, _) = try await harness.output(of: ["sh", "-c", "id -u; id -g; id -G"]) {
        $0.user = UserIdentity(uid: 4711, gid: 4712, groups: [4713, 4714])
      }
      #expect(text == "4711\n4712\n4712 4713 4714\n")
    }
  }

  @Test(
    "What fails is named by its step, its subject and its errno.",
    arguments: [
      ("/bin/nope", "/", "exec /bin/nope: No such file or directory"),
      ("nope", "/", "exec nope: No such file or directory"),
      ("/etc/passwd", "/", "exec /etc/passwd: Permission denied"),
      ("/bin/true", "/nowhere", "chdir /nowhere: No such file or directory"),
    ])
  func failures(program: String, directory: String, message: String) async throws {
    try await InitHarness.with { harness in
      let error = await #expect(throws: InitError.self) {
        _ = try await harness.spawn([program]) { $0.directory = directory }
      }
      #expect(error?.description == message)
      let kept = try await harness.client.list()
      #expect(kept.isEmpty)
    }
  }

  @Test("A request over the protocol's limit is refused before it is sent.")
  func tooLarge() async throws {
    try await InitHarness.with { harness in
      let huge = String(repeating: "x", count: 200 << 10)
      let error = await #expect(throws: InitError.self) {
        _ = try await harness.spawn(["/bin/true", huge])
      }
      guard case .tooLarge(_, limit: 196_608) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test("Arguments and environment just under the limit arrive whole.")
  func large() async throws {
    try await InitHarness.with { harness in
      // The kernel takes at most 128 KiB in one string.
      let big = String(repeating: "x", count: 90 << 10)
      let (text, _) = try await harness.output(
        of: ["sh", "-c", "echo ${#1} ${#BIG}", "sh", big],
        environment: ["PATH=/usr/bin:/bin", "BIG=\(big)"])
      #expect(text == "92160 92160\n")
    }
  }

  @Test("A thousand programs leave no descriptor behind in tendon-init.")
  func noLeak() async throws {
    try await InitHarness.with { harness in
      let before = try entries(of: "/proc/\(harness.initPID)/fd")
      var started = 0
      var ended = 0
      var events = harness.client.events.makeAsyncIterator()
      while ended < 1000 {
        while started < 1000, started - ended < 50 {
          _ = try await harness.spawn(["/bin/true"], epoch: UInt64(started))
          started += 1
        }
        guard case .exited(let exit) = await events.next() else { break }
        #expect(exit.status == .exited(code: 0))
        try harness.client.acknowledge(exit)
        ended += 1
      }
      #expect(ended == 1000)
      #expect(try await harness.client.list().isEmpty)
      #expect(try entries(of: "/proc/\(harness.initPID)/fd") == before)
    }
  }

  @Test("With a hundred children it takes less than 1,000 KiB.")
  func memory() async throws {
    try await InitHarness.with { harness in
      for number in 0..<100 {
        _ = try await harness.spawn(["sleep", "600"], name: "test.\(number)")
      }
      let resident = try status("VmRSS", of: harness.initPID)
      print("tendon-init with 100 children: VmRSS \(resident)")
      let kibibytes = try #require(resident.split(separator: " ").first.flatMap { Int($0) })
      #expect(kibibytes <= 1000)
    }
  }
}
