// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonLinux
@testable import TendonModel

@Suite(
  "The agent and sandboxes", .enabled(if: AgentHarness.mount != nil), .timeLimit(.minutes(1)))
struct SandboxStartTests {
  /// The first line that the instance writes, once it runs.
  private func firstLine(
    _ host: AgentHarness, _ placement: DesiredPlacement
  ) async throws -> String? {
    let reader = LogReader(
      logs: host.logs, instance: placement.instance, epoch: placement.epoch,
      request: LogRequest(stream: .stdout, follow: true), blocking: host.blocking)
    var chunks = try await reader.chunks().makeAsyncIterator()
    return try await chunks.next().map { String(buffer: $0) }
  }

  private func write(_ text: String, to path: String) throws {
    try Files.replace(
      String(path.split(separator: "/").last ?? ""),
      in: "/" + path.split(separator: "/").dropLast().joined(separator: "/"), with: Array(text.utf8)
    )
  }

  @Test("Env files come before env, and secrets are files of the user's own.")
  func files() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        let folder = host.folder.path
        chmod(folder, 0o755)
        try write("A=file\nB=file\n", to: folder + "/one.env")
        try write("hunter2", to: folder + "/secret")
        var placement = try shell(
          "echo $A $B $(cat $CREDENTIALS_DIRECTORY/token) "
            + "$(stat -c %a:%u $CREDENTIALS_DIRECTORY/token) $(id -G); exec sleep 100")
        placement.spec.user = "4711:4712"
        placement.spec.env = ["B": "own"]
        placement.spec.sandbox = Sandbox(
          groups: ["4713"], envFiles: [folder + "/one.env"], secrets: ["token": folder + "/secret"])
        await life.want(placement)
        let status = try await life.status(of: 1) { $0.phase == .running }
        #expect(try await firstLine(host, placement) == "file own hunter2 400:4711 4712 4713\n")
        #expect(try Files.names(in: folder + "/credentials").isEmpty)
        let pid = try #require(status.pid)
        for file in ["environ", "cmdline"] {
          let shown = String(decoding: try Files.read("/proc/\(pid)/\(file)"), as: UTF8.self)
          #expect(!shown.contains("hunter2"), "\(file)")
        }
        let record = String(decoding: try Files.read(host.records.path), as: UTF8.self)
        #expect(record.contains("token") && !record.contains("hunter2"))
        await life.end(1)
        try await life.untilRemoved(1)
      }
    }
  }

  @Test("A dynamic user is one of the pool, keeps its files, and is known to the next agent.")
  func dynamicUser() async throws {
    try await AgentHarness.with { host in
      chmod(host.folder.path, 0o755)
      let uid = UserPool.range.lowerBound + 1
      try await host.life { life in
        var placement = try shell("touch mine; echo $(id -u) $(id -g); exec sleep 100")
        placement.spec.user = Sandbox.dynamicUser
        await life.want(placement)
        let status = try await life.status(of: 1) { $0.phase == .running }
        let pid = try #require(status.pid)
        #expect(try await firstLine(host, placement) == "\(uid) \(uid)\n")
        #expect(UserPool.user(ofProcess: pid) == uid)
        #expect(await life.agent.heldUsers == [Epoch(1): uid])
        // Written before the agent goes.
        while try host.records.load().records.first?.memory.dynamicUser == nil {
          try await Task.sleep(for: .milliseconds(10))
        }
      }
      try await host.life { life in
        #expect(await life.agent.heldUsers == [Epoch(1): uid])
        await life.end(1)
        try await life.untilRemoved(1)
        #expect(await life.agent.heldUsers.isEmpty)
        // The instance comes again with another number, and finds its files its own.
        var placement = try shell("stat -c %u mine; exec sleep 100", epoch: 2)
        placement.spec.user = Sandbox.dynamicUser
        await life.want(placement)
        _ = try await life.status(of: 2) { $0.phase == .running }
        #expect(try await firstLine(host, placement) == "\(uid + 1)\n")
        await life.end(2)
        try await life.untilRemoved(2)
      }
    }
  }

  @Test(
    "What can't be had as asked does not start, and says at which step and why.",
    arguments: [
      (Sandbox(groups: ["no-such-group"]), "groups: group \"no-such-group\" is not known"),
      (Sandbox(envFiles: ["/no/such.env"]), "env_files: open /no/such.env: No such file"),
      (Sandbox(secrets: ["a": "/no/such"]), "secrets.a: open /no/such: No such file"),
      (Sandbox(secrets: ["a": "/etc"]), "secrets.a: /etc is not a regular file"),
      (Sandbox(root: "/no/such"), "root: open /no/such: No such file or directory"),
      (Sandbox(root: "/etc/hostname"), "root: /etc/hostname is neither a directory nor an image"),
      (Sandbox(root: "/dev/null"), "root: /dev/null is neither a directory nor an image"),
      (seccomp("/etc/hostname"), "sandbox.seccomp: /etc/hostname: is not JSON of an object"),
    ])
  func refused(sandbox: Sandbox, says: String) async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        var placement = try shell("exec sleep 100")
        placement.spec.sandbox = sandbox
        await life.want(placement)
        let status = try await life.status(of: 1) { $0.phase == .waiting }
        #expect(status.message.contains("could not be started: \(says)"), "\(status.message)")
        #expect(status.pid == nil)
        await life.end(1)
        try await life.untilRemoved(1)
      }
    }
  }

  private static func seccomp(_ path: String) -> Sandbox {
    var sandbox = Sandbox()
    sandbox.settings.seccomp = .file(path)
    return sandbox
  }

  @Test("The default filter refuses what servers don't need, and lets them do the rest.")
  func filter() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        let placement = try shell(
          "unshare -U true 2>/dev/null && echo -n unshared; "
            + "mount -t tmpfs none /mnt 2>/dev/null && echo -n mounted; "
            + "touch own && mkdir -p d && chown 1:1 own && (true & wait) && "
            + "grep -E 'Seccomp:' /proc/self/status; exec sleep 100")
        await life.want(placement)
        _ = try await life.status(of: 1) { $0.phase == .running }
        #expect(try await firstLine(host, placement) == "Seccomp:\t2\n")
        await life.end(1)
        try await life.untilRemoved(1)
      }
    }
  }
}
