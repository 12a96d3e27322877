// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import TendonModel
import TendonSeccomp
import Testing

@testable import TendonLinux

/// What the kernel says of processes that were started in a sandbox.
@Suite(
  "tendon-init starts programs in sandboxes", .enabled(if: geteuid() == 0), .timeLimit(.minutes(2)))
struct SandboxProcessTests {
  private static let user = UserIdentity(uid: 4711, gid: 4712, groups: [4713])
  private static let path = ["PATH=/usr/bin:/bin:/usr/sbin:/sbin"]

  /// Starts `sleep` in a sandbox.
  private func sleeper(
    _ harness: InitHarness, _ sandbox: Sandbox, user: UserIdentity? = nil,
    change: (inout SandboxPlanner) -> Void = { _ in }
  ) async throws -> SpawnedProcess {
    let plan = try harness.plan(sandbox, user: user, change: change)
    return try await harness.spawn(["sleep", "60"]) { $0.plan = plan }
  }

  /// What a shell script says in a sandbox.
  private func says(
    _ script: String, _ harness: InitHarness, _ sandbox: Sandbox, user: UserIdentity? = nil,
    change: (inout SandboxPlanner) -> Void = { _ in }
  ) async throws -> String {
    let plan = try harness.plan(sandbox, user: user, change: change)
    let (text, _) = try await harness.output(
      of: ["sh", "-c", script], environment: Self.path
    ) { $0.plan = plan }
    return text
  }

  @Test("The standard level: no new privileges, no capabilities for a user, its groups.")
  func standardUser() async throws {
    try await InitHarness.with { harness in
      let process = try await sleeper(harness, Sandbox(), user: Self.user)
      #expect(try status("NoNewPrivs", of: process.pid) == "1")
      for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        #expect(try status(set, of: process.pid) == "0000000000000000", "\(set)")
      }
      #expect(try status("Uid", of: process.pid) == "4711\t4711\t4711\t4711")
      #expect(try status("Groups", of: process.pid).split(separator: " ") == ["4713"])
      #expect(try status("PPid", of: process.pid) == String(harness.initPID))
      #expect(try link("/proc/\(process.pid)/cwd") == "\(harness.folder)/work")
    }
  }

  @Test("The standard level leaves root what servers need, and nothing more.")
  func standardRoot() async throws {
    try await InitHarness.with { harness in
      let process = try await sleeper(harness, Sandbox())
      let had = try #require(UInt64(try status("CapEff", of: harness.initPID), radix: 16))
      let server = Capability.mask(SandboxProfile.serverCapabilities)
      for set in ["CapPrm", "CapEff", "CapBnd"] {
        let mask = try #require(UInt64(try status(set, of: process.pid), radix: 16))
        #expect(mask == server & had, "\(set)")
      }
    }
  }

  @Test("A user keeps the capabilities that are named, over execve.")
  func keep() async throws {
    try await InitHarness.with { harness in
      var sandbox = Sandbox()
      sandbox.settings.keptCapabilities = [.netBindService]
      let process = try await sleeper(harness, sandbox, user: Self.user)
      for set in ["CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        #expect(try status(set, of: process.pid) == "0000000000000400", "\(set)")
      }
    }
  }

  @Test("Limits, priorities and the OOM score are set, also where a user could not.")
  func limits() async throws {
    try await InitHarness.with { harness in
      var sandbox = Sandbox()
      sandbox.settings.limits = [
        "nofile": ProcessLimit(soft: 1024, hard: 4096), "core": ProcessLimit(soft: 0, hard: 0),
        "stack": ProcessLimit(soft: 8 << 20, hard: ProcessLimit.unlimited),
      ]
      sandbox.settings.nice = -3
      sandbox.settings.oomScoreAdjust = 321
      sandbox.settings.ioPriority = IOPriority("best-effort:2")
      let process = try await sleeper(harness, sandbox, user: Self.user)
      let limits = try text(of: "/proc/\(process.pid)/limits").split(separator: "\n").map {
        $0.split(separator: " ").joined(separator: " ")
      }
      #expect(limits.contains("Max open files 1024 4096 files"))
      #expect(limits.contains("Max core file size 0 0 bytes"))
      #expect(limits.contains("Max stack size 8388608 unlimited bytes"))
      #expect(try text(of: "/proc/\(process.pid)/oom_score_adj") == "321\n")
      #expect(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), UInt32(process.pid)) == -3)
      // tendon-init's memory was the child's for a while; its own score stays.
      #expect(try text(of: "/proc/\(harness.initPID)/oom_score_adj") != "321\n")
    }
  }

  @Test("Namespaces are the process's own, and tendon-init is its parent still.")
  func namespaces() async throws {
    try await InitHarness.with { harness in
      var sandbox = Sandbox()
      sandbox.settings.namespaces = Namespace.allCases
      let process = try await sleeper(harness, sandbox)
      for name in ["pid", "mnt", "ipc", "uts", "cgroup", "net"] {
        let own = try link("/proc/\(process.pid)/ns/\(name)")
        let outer = try link("/proc/\(harness.initPID)/ns/\(name)")
        #expect(own != outer, "\(name)")
      }
      #expect(try status("NSpid", of: process.pid).split(separator: "\t").last == "1")
      #expect(try status("PPid", of: process.pid) == String(harness.initPID))
      #expect(try link("/proc/\(process.pid)/exe").hasSuffix("/sleep"))
      // No helper stays behind: one child, and it is the program.
      let children = try text(of: "/proc/\(harness.initPID)/task/\(harness.initPID)/children")
      #expect(children.split(separator: " ") == [Substring(String(process.pid))])
      // SIGKILL from outside ends the first process of a namespace.
      try process.pidfd.send(signal: SIGKILL)
      let exit = try await harness.exit(of: process)
      #expect(exit.status == .signaled(signal: SIGKILL, coreDumped: false))
    }
  }

  @Test("In its namespaces a process sees itself, its name, and its loopback.")
  func inside() async throws {
    try await InitHarness.with { harness in
      var sandbox = Sandbox()
      sandbox.settings.namespaces = Namespace.allCases
      let text = try await says(
        "echo $$; ls /proc | grep -c '^[0-9]'; hostname; cat /sys/class/net/lo/operstate; "
          + "cat /proc/net/dev | grep -c :; cat /proc/self/cgroup | grep ^0::; "
          + "ip addr show lo 2>/dev/null | grep -c 127.0.0.1",
        harness, sandbox)
      let lines = text.split(separator: "\n")
      #expect(lines.first == "1")
      #expect(lines.count > 2 && lines[2] == "web.3")
      #expect(lines.contains("0::/"))
    }
  }

  @Test("A read-only root can be written nowhere but where it is said, and /tmp is empty.")
  func readOnly() async throws {
    try await InitHarness.with { harness in
      let extra = "\(harness.folder)/extra"
      try makeFolder(extra)
      var sandbox = Sandbox()
      sandbox.settings.readOnlyRoot = true
      sandbox.settings.privateTmp = true
      sandbox.settings.hidden = ["/root", "/etc/passwd", "/no/such/path"]
      sandbox.settings.writable = [extra]
      let said = try await says(
        """
        touch \(harness.folder)/work/own && echo own
        touch \(extra)/more && echo more
        touch /etc/x 2>/dev/null || echo etc is read-only
        touch /var/x 2>/dev/null || echo var is read-only
        ls -A /tmp | grep -v tendon-init-test; touch /tmp/y && echo tmp
        ls -A /root | wc -l; wc -c < /etc/passwd
        echo 1 > /proc/sys/kernel/printk || echo sysctl is read-only
        """, harness, sandbox)
      #expect(
        said.split(separator: "\n").filter { !$0.contains("cannot create") } == [
          "own", "more", "etc is read-only", "var is read-only", "tmp", "0", "0",
          "sysctl is read-only",
        ], "\(said)")
      #expect(access("\(extra)/more", F_OK) == 0 && access("/tmp/y", F_OK) != 0)
    }
  }

  @Test("Private devices are the harmless ones.")
  func devices() async throws {
    try await InitHarness.with { harness in
      var sandbox = Sandbox()
      sandbox.settings.privateDevices = true
      let said = try await says(
        "ls /dev | tr '\\n' ' '; echo; head -c 3 /dev/zero | wc -c; echo x > /dev/null && "
          + "echo null; echo y > /dev/shm/y && cat /dev/shm/y; echo err >> /dev/stderr",
        harness, sandbox, user: nil)
      #expect(
        said == "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero \n3\nnull\n"
          + "y\nerr\n")
    }
  }

  @Test("The strict level as a whole: a server's file in its own folder, and nothing else.")
  func strict() async throws {
    try await InitHarness.with { harness in
      let said = try await says(
        "pwd; id -u; echo hello > file && cat file; ls -A \(harness.folder); "
          + "grep -E '^(CapEff|NoNewPrivs)' /proc/self/status; ls -A /home | wc -l",
        harness, Sandbox(isolation: .strict), user: Self.user)
      #expect(
        said == "\(harness.folder)/work\n4711\nhello\nwork\n"
          + "CapEff:\t0000000000000000\nNoNewPrivs:\t1\n0\n")
      // Nothing was mounted where others see it.
      let mounts = try text(of: "/proc/self/mountinfo")
      #expect(!mounts.contains(harness.folder))
    }
  }

  @Test("Secrets are the user's alone, in no other process's view, and gone with the process.")
  func secrets() async throws {
    try await InitHarness.with { harness in
      let sandbox = Sandbox(secrets: ["token": "/etc/token"])
      let script =
        "cd \(harness.folder)/credentials; stat -c '%a %u %g %n' . token; cat token; "
        + "touch other 2>/dev/null || echo sealed"
      let said = try await says(script, harness, sandbox, user: Self.user) {
        $0.secrets = ["token": Array("s3cret\n".utf8)]
      }
      #expect(said == "500 4711 4712 .\n400 4711 4712 token\ns3cret\nsealed\n")
      let process = try await sleeper(harness, sandbox, user: Self.user) {
        $0.secrets = ["token": Array("s3cret\n".utf8)]
      }
      #expect(try entries(of: "\(harness.folder)/credentials") == 0)
      #expect(
        try text(of: "/proc/\(process.pid)/root\(harness.folder)/credentials/token") == "s3cret\n")
      let mounts = try text(of: "/proc/\(process.pid)/mountinfo")
      #expect(mounts.contains(" \(harness.folder)/credentials ro,nosuid,nodev,noexec"))
      for file in ["environ", "cmdline"] {
        let shown = try text(of: "/proc/\(process.pid)/\(file)")
        #expect(!shown.contains("s3cret"), "\(file)")
      }
    }
  }

  @Test("A directory becomes the root; links in it can't lead out of it.")
  func root() async throws {
    try await InitHarness.with { harness in
      let root = "\(harness.folder)/image"
      for folder in ["", "/bin", "/data", "/etc"] { try makeFolder(root + folder) }
      let copy =
        "cp /bin/sh $0/bin/sh; for file in $(ldd /bin/sh | grep -o '/[^ ]*'); do "
        + "mkdir -p $0$(dirname $file); cp $file $0$file; done"
      try run(["sh", "-c", copy, root])
      // An image that wants the host's /etc as its /tmp.
      try run(["ln", "-s", "/etc", "\(root)/tmp"])
      var sandbox = Sandbox(root: root)
      sandbox.settings.namespaces = [.pid]
      let plan = try harness.plan(sandbox) { $0.directory = SandboxPlanner.folderInRoot }
      let (said, _) = try await harness.output(
        of: [
          "/bin/sh", "-c",
          "pwd; echo /data* /etc* /home*; echo $$; : > /dev/null && echo dev; : > new",
        ]
      ) { $0.plan = plan }
      #expect(said == "/run/work\n/data /etc /home*\n1\ndev\n")
      #expect(access("\(harness.folder)/work/new", F_OK) == 0)
    }
  }

  @Test(
    "What can't be done is told by its step, and nothing runs.",
    arguments: [
      (["/no/such"], nil, "sandbox bind /no/such: No such file or directory"),
      ([], UInt64.max, "sandbox rlimit nofile unlimited:unlimited: Operation not permitted"),
    ] as [([String], UInt64?, String)])
  func refused(writable: [String], files: UInt64?, message: String) async throws {
    try await InitHarness.with { harness in
      var sandbox = Sandbox()
      if !writable.isEmpty { sandbox.settings.readOnlyRoot = true }
      sandbox.settings.writable = writable
      sandbox.settings.limits = files.map { ["nofile": ProcessLimit(soft: $0, hard: $0)] } ?? [:]
      let error = await #expect(throws: InitError.self) {
        _ = try await sleeper(harness, sandbox)
      }
      #expect(error?.description == message)
      let kept = try await harness.client.list()
      #expect(kept.isEmpty)
    }
  }

  @Test(
    "A filter holds from the program on, also against its own start.", arguments: [false, true])
  func filters(withMounts: Bool) async throws {
    func filter(_ text: String) throws -> [UInt8] {
      try SeccompProfileFile.compiled(Array(text.utf8), path: "/p.json")
    }
    try await InitHarness.with { harness in
      var sandbox = Sandbox()
      sandbox.settings.privateTmp = withMounts
      let mkdir = try filter(#"{"default": "allow", "refuse": ["mkdir", "mkdirat"]}"#)
      let said = try await says(
        "mkdir new 2>&1 | grep -o 'Operation not permitted'; echo x > file && echo wrote",
        harness, sandbox
      ) { $0.filter = mkdir }
      #expect(said == "Operation not permitted\nwrote\n")

      let refusing = try filter(#"{"default": "allow", "refuse": ["execve"], "errno": "EACCES"}"#)
      let error = await #expect(throws: InitError.self) {
        _ = try await sleeper(harness, sandbox) { $0.filter = refusing }
      }
      #expect(error?.description == "exec sleep: Permission denied")

      let killing = try filter(#"{"default": "allow", "kill": ["execve"]}"#)
      let process = try await sleeper(harness, sandbox) { $0.filter = killing }
      let exit = try await harness.exit(of: process)
      guard case .signaled(SIGSYS, _) = exit.status else {
        Issue.record("\(exit.status)")
        return
      }
    }
  }

  @Test("A program that is not there is told the same from a sandbox with mounts.")
  func noProgram() async throws {
    try await InitHarness.with { harness in
      let plan = try harness.plan(Sandbox(isolation: .strict))
      let error = await #expect(throws: InitError.self) {
        _ = try await harness.spawn(["/bin/nope"]) { $0.plan = plan }
      }
      #expect(error?.description == "exec /bin/nope: No such file or directory")
      #expect(try entries(of: "/proc/\(harness.initPID)/fd") < 12)
    }
  }
}

extension InitHarness {
  /// The plan for a sandbox on this host, with the folders that it needs.
  func plan(
    _ sandbox: Sandbox, user: UserIdentity? = nil, change: (inout SandboxPlanner) -> Void = { _ in }
  ) throws -> SpawnPlan {
    chmod(folder, 0o755)
    for name in ["stage", "credentials", "work"] { try makeFolder("\(folder)/\(name)") }
    if let user { chown("\(folder)/work", user.uid, user.gid) }
    var planner = SandboxPlanner(
      sandbox: sandbox,
      profile: SandboxProfile(sandbox, isRoot: user.map { $0.uid == 0 } ?? true), user: user,
      directory: "\(folder)/work", folder: "\(folder)/work",
      host: SandboxHost(
        stage: "\(folder)/stage", agentDirectories: [folder], credentials: "\(folder)/credentials",
        cgroupMount: try CgroupMount.discover().mountPoint), hostname: "web.3")
    change(&planner)
    return try #require(planner.plan())
  }
}

func makeFolder(_ path: String) throws {
  guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
    throw HarnessError("mkdir \(path): \(errnoText(errno))")
  }
}

func link(_ path: String) throws -> String {
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = readlink(path, &buffer, buffer.count)
  guard count >= 0 else { throw HarnessError("readlink \(path): \(errnoText(errno))") }
  return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
