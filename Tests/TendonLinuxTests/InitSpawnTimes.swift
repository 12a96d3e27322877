// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage
import TendonModel
import TendonSeccomp
import Testing

@testable import TendonLinux

@Suite(
  "How long a start takes", .enabled(if: getenv("TENDON_BENCH") != nil), .serialized,
  .timeLimit(.minutes(2)))
struct InitSpawnTimes {
  /// A static program that does nothing, for what a start costs without the dynamic linker.
  static func tinyProgram(in folder: String) throws -> String {
    let source = "\(folder)/tiny.c"
    let file = try FileDescriptor.open(
      FilePath(source), .writeOnly, options: [.create], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(Array("int main(void) { return 0; }\n".utf8)) }
    let program = "\(folder)/tiny"
    try run(["cc", "-Os", "-static", "-o", program, source])
    return program
  }

  @Test("A program is started, ends, is told and acknowledged.", arguments: [false, true])
  func spawnTimes(intoCgroup: Bool) async throws {
    let cgroup = intoCgroup ? try TestCgroup("times") : nil
    try await InitHarness.with { harness in
      let program = try Self.tinyProgram(in: harness.folder)
      let clock = ContinuousClock()
      var events = harness.client.events.makeAsyncIterator()
      var untilStarted: [Duration] = []
      var untilTold: [Duration] = []
      for number in 0..<2000 {
        let start = clock.now
        _ = try await harness.spawn([program], epoch: UInt64(number)) {
          $0.cgroup = cgroup?.directory
        }
        untilStarted.append(clock.now - start)
        guard case .exited(let exit) = await events.next() else { break }
        untilTold.append(clock.now - start)
        try harness.client.acknowledge(exit)
      }
      #expect(untilTold.count == 2000)
      let place = intoCgroup ? "in a cgroup" : "in no cgroup of its own"
      print("start \(place): \(percentiles(untilStarted)); with its end: \(percentiles(untilTold))")
    }
  }

  @Test("A start in a sandbox, and its end.", arguments: Isolation.allCases)
  func sandboxTimes(isolation: Isolation) async throws {
    try await InitHarness.with { harness in
      let program = try Self.tinyProgram(in: harness.folder)
      let filter = try DefaultSeccompProfile.compiled(keeping: [])
      let user = UserIdentity(uid: 4711, gid: 4711, groups: [])
      let plan = try harness.plan(Sandbox(isolation: isolation), user: user) {
        if $0.profile.seccomp == .standard { $0.filter = filter }
      }
      let place = "\(harness.folder)/work/tiny"
      try run(["cp", program, place])
      let clock = ContinuousClock()
      var events = harness.client.events.makeAsyncIterator()
      var times: [Duration] = []
      for number in 0..<500 {
        let start = clock.now
        _ = try await harness.spawn([place], epoch: UInt64(number)) { $0.plan = plan }
        times.append(clock.now - start)
        guard case .exited(let exit) = await events.next() else { break }
        try harness.client.acknowledge(exit)
      }
      #expect(times.count == 500)
      print("start with isolation \(isolation): \(percentiles(times)); filter \(filter.count) B")
    }
  }

  @Test("A step that hangs is given up after ten seconds, and tendon-init goes on.")
  func hangs() async throws {
    try await InitHarness.with { harness in
      let pipe = "\(harness.folder)/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      let clock = ContinuousClock()
      let start = clock.now
      // It waits for a reader. A mount makes it one for the helper.
      let plan = SpawnPlan([
        .unshare(NamespaceFlags.unshared([.mount])), .propagation(MountFlags.follower),
        .write(path: pipe, text: "x"),
      ])
      let error = await #expect(throws: InitError.self) {
        _ = try await harness.spawn(["true"]) { $0.plan = plan }
      }
      #expect(error?.description == "sandbox helper: Connection timed out")
      #expect((.seconds(9) ... .seconds(15)).contains(clock.now - start))
      let (text, _) = try await harness.output(of: ["echo", "alive"])
      #expect(text == "alive\n")
    }
  }

  private func percentiles(_ times: [Duration]) -> String {
    let sorted = times.sorted().map { $0 / .microseconds(1) }
    return "p50 \(Int(sorted[sorted.count / 2])) us, p99 \(Int(sorted[sorted.count * 99 / 100])) us"
  }
}
