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
