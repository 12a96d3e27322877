// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonLinux
@testable import TendonModel

/// Other tests run beside these in the same process, so what is counted is waited for, and a leak is told from them by
/// its size: one of each kind for every round.
@Suite("Nothing grows", .enabled(if: AgentHarness.mount != nil), .timeLimit(.minutes(3)))
struct GrowthTests {
  private struct Counts: CustomStringConvertible {
    var descriptors: Int
    var threads: Int
    var initDescriptors: Int
    var initKiB: Int
    var cgroups: Int
    var files: Int
    var residentKiB: Int

    init(_ host: AgentHarness, initPID: Int32) throws {
      descriptors = try Files.names(in: "/proc/self/fd").count
      threads = try Files.names(in: "/proc/self/task").count
      initDescriptors = try Files.names(in: "/proc/\(initPID)/fd").count
      initKiB = try Self.residentKiB(of: "\(initPID)")
      cgroups = try host.tree.leaves().count
      files = try Self.files(below: host.folder.path)
      residentKiB = try Self.residentKiB(of: "self")
    }

    private static func residentKiB(of pid: String) throws -> Int {
      let status = try KernelFile.read("/proc/\(pid)/status") ?? ""
      let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
      return Int(resident.filter(\.isNumber)) ?? 0
    }

    private static func files(below path: String) throws -> Int {
      try Files.names(in: path).reduce(0) { count, name in
        var status = stat()
        let inner = path + "/" + name
        let isFolder = lstat(inner, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        return count + 1 + (isFolder ? try files(below: inner) : 0)
      }
    }

    var description: String {
      "\(descriptors) descriptors, \(threads) threads, \(cgroups) cgroups, \(files) files, "
        + "\(residentKiB) KiB; tendon-init: \(initDescriptors) descriptors, \(initKiB) KiB"
    }
  }

  /// - Parameter rounds: how often something happened between the two counts.
  private func expectNoGrowth(
    _ host: AgentHarness, _ initPID: Int32, since before: Counts, rounds: Int,
    kibPerRound: Int
  ) async throws {
    var after = try Counts(host, initPID: initPID)
    let deadline = ContinuousClock.now + .seconds(60)
    func isGood() -> Bool {
      after.descriptors < before.descriptors + rounds / 2
        && after.threads < before.threads + rounds / 2
        && after.residentKiB < before.residentKiB + rounds * kibPerRound + (16 << 10)
        // Exits that the agent has not acknowledged yet hold one each.
        && after.initDescriptors <= before.initDescriptors + 1
    }
    while !isGood(), ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(100))
      after = try Counts(host, initPID: initPID)
    }
    #expect(isGood(), "before: \(before); after: \(after)")
    // Between two runs it has none; the agent's connection and its exits come and go.
    #expect(abs(after.cgroups - before.cgroups) <= 1)
    #expect(after.files == before.files)
    #expect(after.initDescriptors <= before.initDescriptors + 1)
    #expect(after.initKiB <= before.initKiB + 64)
  }

  @Test("A thousand restarts of an instance leave nothing behind.")
  func restarts() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        let initPID = try #require(await life.agent.initClient).greeting.identity.pid
        var placement = try shell("exec true", epoch: 1)
        placement.spec.supervision.backoff.delay = Span(milliseconds: 0)
        await life.want(placement)
        _ = try await life.status(of: 1) { $0.restarts >= 50 }
        let before = try Counts(host, initPID: initPID)
        _ = try await life.status(of: 1) { $0.restarts >= 1050 }
        try await expectNoGrowth(
          host, initPID, since: before, rounds: 1000, kibPerRound: 1)
        #expect(try Files.read(host.records.path).count < 3 << 20)
      }
    }
  }

  @Test("A hundred lives of the agent leave nothing behind, and its instances as they were.")
  func lives() async throws {
    try await AgentHarness.with { host in
      var pids: [Int32] = []
      var initPID: Int32 = 0
      try await host.life { life in
        initPID = try #require(await life.agent.initClient).greeting.identity.pid
        for epoch in UInt64(1)...5 {
          await life.want(try shell("exec sleep 100", epoch: epoch))
          pids.append(try #require(try await life.status(of: epoch) { $0.phase == .running }.pid))
        }
      }
      func live() async throws {
        try await host.life { life in
          for (index, pid) in pids.enumerated() {
            let status = try await life.status(of: UInt64(index + 1)) { $0.phase == .running }
            #expect(status.pid == pid && status.restarts == 0)
          }
        }
      }
      for _ in 0..<5 { try await live() }
      let before = try Counts(host, initPID: initPID)
      for _ in 0..<100 { try await live() }
      try await expectNoGrowth(
        host, initPID, since: before, rounds: 100, kibPerRound: 4)
    }
  }
}
