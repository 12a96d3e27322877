// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage
import TendonModel
import Testing

@testable import TendonLinux

/// A cgroup v2 directory of the test's own; no controllers are needed.
final class TestCgroup: Sendable {
  let path: String
  let directory: FileDescriptor

  /// Where a test may make cgroups, or nil.
  static let mount: String? = {
    // Without /proc there is nothing to test on.
    guard geteuid() == 0, let mounts = try? text(of: "/proc/self/mountinfo") else { return nil }
    for line in mounts.split(separator: "\n") where line.contains(" - cgroup2 ") {
      let fields = line.split(separator: " ")
      if fields.count > 5, fields[5].hasPrefix("rw") { return String(fields[4]) }
    }
    return nil
  }()

  init(_ name: String) throws {
    path = "\(Self.mount ?? "")/tendon-test-\(getpid())-\(name)"
    guard mkdir(path, 0o755) == 0 else { throw HarnessError("mkdir: \(errnoText(errno))") }
    directory = try FileDescriptor.open(
      FilePath(path), .readOnly, options: [.directory, .closeOnExec])
  }

  deinit {
    close(directory.rawValue)
    rmdir(path)
  }

  var name: String { String(path.split(separator: "/").last ?? "") }
}

@Suite(
  "tendon-init and cgroups", .enabled(if: TestCgroup.mount != nil), .timeLimit(.minutes(2)))
struct InitCgroupTests {
  @Test("A program is born in its cgroup, and tendon-init in its own.")
  func born() async throws {
    let holder = try TestCgroup("holder")
    let home = try TestCgroup("home")
    try await InitHarness.with(cgroup: holder.directory) { harness in
      #expect(try text(of: "/proc/\(harness.initPID)/cgroup").contains("0::/\(holder.name)\n"))
      let (text, _) = try await harness.output(of: ["cat", "/proc/self/cgroup"]) {
        $0.cgroup = home.directory
      }
      #expect(text.contains("0::/\(home.name)\n"))
    }
  }

  @Test(
    "What is fenced is killed when the time in the file has passed, though no agent does it."
  )
  func fence() async throws {
    let home = try TestCgroup("fenced")
    let other = try TestCgroup("free")
    try await InitHarness.with { harness in
      let fence = "\(harness.folder)/init.sock.fence"
      func write(_ wait: Duration, _ cgroups: [String]) throws {
        try writeFence(fence, wait, boot: "\(BootID.current())", cgroups)
      }
      // One that is gone, and a line that is no path, are passed over.
      try write(.seconds(60), ["/no/such/cgroup", "", home.path])
      let free = try await harness.spawn(["sleep", "100"], name: "free.0", epoch: 1) {
        $0.cgroup = other.directory
      }
      let fenced = try await harness.spawn(["sleep", "100"], name: "fenced.0", epoch: 2) {
        $0.cgroup = home.directory
      }
      // It gets another end, in place, as with a renewal.
      let start = HostClock.bootTime
      let end = String((start + .milliseconds(1200)).nanoseconds)
      let descriptor = open(fence, O_WRONLY)
      defer { close(descriptor) }
      let digits = String(repeating: "0", count: 20 - end.count) + end
      #expect(pwrite(descriptor, digits, 20, 0) == 20)
      let exit = try await harness.exit(of: fenced)
      let time = HostClock.bootTime - start
      #expect(exit.status == .signaled(signal: 9, coreDumped: false))
      #expect(time >= .milliseconds(1200), "\(time)")
      try harness.client.acknowledge(exit)
      #expect(Glibc.kill(free.identity.pid, 0) == 0)
      // Nothing is fenced any more.
      #expect(unlink(fence) == 0)
    }
  }

  @Test(
    "A time of another boot, or of none, says nothing: what is fenced is killed at once.",
    arguments: ["01234567-89ab-cdef-0123-456789abcdef", nil])
  func fenceOfAnotherBoot(_ boot: String?) async throws {
    let home = try TestCgroup(boot == nil ? "unborn" : "reborn")
    try await InitHarness.with { harness in
      let fenced = try await harness.spawn(["sleep", "100"], name: "fenced.0", epoch: 2) {
        $0.cgroup = home.directory
      }
      try writeFence(
        "\(harness.folder)/init.sock.fence", .seconds(3600), boot: boot, ["lease 5000", home.path])
      // Something to make it look; else it does within a second of a file that it knew.
      _ = try await harness.client.list()
      let exit = try await harness.exit(of: fenced)
      #expect(exit.status == .signaled(signal: 9, coreDumped: false))
    }
  }

  /// As the agent writes it.
  private func writeFence(
    _ path: String, _ wait: Duration, boot: String?, _ lines: [String]
  ) throws {
    let end = String((HostClock.bootTime + wait).nanoseconds)
    let digits = String(repeating: "0", count: 20 - end.count) + end
    let head = [digits] + (boot.map { ["boot \($0)"] } ?? [])
    let text = (head + lines).map { $0 + "\n" }.joined()
    let made = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(made) }
    #expect(Glibc.write(made, text, text.utf8.count) == text.utf8.count)
    #expect(rename(path + ".new", path) == 0)
  }

  @Test("A cgroup that is gone is an error of the clone.")
  func gone() async throws {
    let home = try TestCgroup("gone")
    #expect(rmdir(home.path) == 0)
    try await InitHarness.with { harness in
      let error = await #expect(throws: InitError.self) {
        _ = try await harness.spawn(["/bin/true"]) { $0.cgroup = home.directory }
      }
      // ENODEV or ENOENT, by the kernel's version.
      guard case .spawn(let failure) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(failure.step == .clone)
    }
  }
}
