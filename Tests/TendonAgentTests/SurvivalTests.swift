// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonLinux
@testable import TendonModel

@Suite(
  "What the agent survives", .enabled(if: AgentHarness.mount != nil), .timeLimit(.minutes(1)))
struct SurvivalTests {
  @Test(
    "On a full disk what runs is supervised, nothing new is started, and both end with the disk's fault."
  )
  func fullDisk() async throws {
    try await Disk.with(bytes: 64 << 10) { disk in
      try await AgentHarness.with { host in
        host.stateDirectory = disk.path
        try await host.life { life in
          await life.want(try shell("exec sleep 100", epoch: 1))
          let first = try await life.status(of: 1) { $0.phase == .running }
          let ballast = try disk.fill()
          // Its record is longer than what is left of the journal's last page.
          var large = try shell("exec sleep 100", epoch: 2)
          large.spec.env = ["LARGE": String(repeating: "x", count: 8192)]
          await life.want(large)
          let refused = try await life.status(of: 2) { $0.phase == .waiting }
          #expect(refused.message.contains("could not be started: record"))
          #expect(refused.message.contains("No space left on device"))
          let told = try await life.conditions { $0["state-not-writable"] != nil }
          #expect(told["state-not-writable"]?.contains(disk.path) == true)
          // An exit is not forgotten before it is written down, and the instance is started again.
          kill(try #require(first.pid), SIGKILL)
          _ = try await life.status(of: 1) { $0.phase == .running && $0.restarts == 1 }
          let kept = try #require(await life.agent.initClient)
          #expect(try await kept.list().contains { $0.epoch == Epoch(1) && !$0.isRunning })
          try Files.remove(ballast)
          _ = try await life.conditions { $0.isEmpty }
          _ = try await life.status(of: 2) { $0.phase == .running }
          while try await kept.list().contains(where: { !$0.isRunning }) {
            try await Task.sleep(for: .milliseconds(5))
          }
        }
        let records = try RecordStore(stateDirectory: disk.path).load().records
        #expect(records.map(\.memory.phase) == [.running, .running])
      }
    }
  }

  @Test("An agent that ended before it wrote down what it started leaves all of it to the next.")
  func startNotRecorded() async throws {
    try await AgentHarness.with { host in
      var placement = try shell("exec sleep 100")
      placement.spec.ports = [PortSpec(name: "http")]
      var before: PlacementStatus?
      try await host.life { life in
        await life.want(placement)
        before = try await life.status(of: 1) { $0.phase == .running }
        while try host.records.load().records.first?.memory.process == nil {
          try await Task.sleep(for: .milliseconds(5))
        }
      }
      let told = try #require(before)
      // As the start left it.
      try host.records.write(
        RememberedPlacement(bootID: host.bootID, memory: PlacementMemory(desired: placement)))
      try await host.life { life in
        let status = try await life.status(of: 1) { $0.phase == .running }
        #expect(status.pid == told.pid && status.pidStartTicks == told.pidStartTicks)
        #expect(status.ports == told.ports && status.ports["http"] != nil)
        let (since, toldSince) = try (
          #require(status.startedAt).millisecondsSinceEpoch,
          #require(told.startedAt).millisecondsSinceEpoch
        )
        // By a clock of 10 ms.
        #expect(abs(since - toldSince) < 1000)
        kill(try #require(status.pid), SIGKILL)
        let again = try await life.status(of: 1) { $0.phase == .running && $0.restarts == 1 }
        #expect(again.ports == told.ports)
        await life.end(1)
        try await life.untilRemoved(1)
      }
    }
  }

  @Test("On a disk that can only be read an agent takes over what runs, and says what is wrong.")
  func readOnlyDisk() async throws {
    try await Disk.with(bytes: 1 << 20) { disk in
      try await AgentHarness.with { host in
        host.stateDirectory = disk.path
        var pid: Int32?
        try await host.life { life in
          await life.want(try shell("exec sleep 100", epoch: 1))
          pid = try await life.status(of: 1) { $0.phase == .running }.pid
        }
        try disk.setReadOnly(true)
        try await host.life { life in
          let status = try await life.status(of: 1) { $0.phase == .running }
          #expect(status.pid == pid && status.restarts == 0)
          let told = try await life.conditions { $0["state-not-writable"] != nil }
          #expect(told["state-not-writable"]?.contains("Read-only file system") == true)
          try disk.setReadOnly(false)
          _ = try await life.conditions { $0.isEmpty }
        }
      }
    }
  }

  @Test("With all records damaged what is wanted is taken over from tendon-init, ports and all.")
  func damagedRecords() async throws {
    try await AgentHarness.with { host in
      var placement = try shell("exec sleep 100", epoch: 1)
      placement.spec.ports = [PortSpec(name: "http")]
      var before: PlacementStatus?
      try await host.life { life in
        await life.want(placement, try shell("exec sleep 100", epoch: 2))
        before = try await life.status(of: 1) { $0.phase == .running }
        _ = try await life.status(of: 2) { $0.phase == .running }
      }
      try host.folder.write("nonsense\n", to: "placements.journal")
      try await host.life { life in
        let told = try await life.conditions { $0["state-damaged"] != nil }
        #expect(told["state-damaged"]?.contains("placements.journal: byte 0") == true)
        await life.snapshot(placement)
        let after = try await life.status(of: 1) { $0.phase == .running }
        #expect(after.pid == before?.pid && after.pidStartTicks == before?.pidStartTicks)
        #expect(after.ports == before?.ports && after.restarts == 0)
        // The other one is not wanted.
        while try host.tree.leaves().count > 1 { try await Task.sleep(for: .milliseconds(5)) }
      }
      #expect(try host.records.load().records.map(\.epoch) == [Epoch(1)])
    }
  }

  @Test("An end that came while nobody knew the placement is told once it is wanted.")
  func unclaimedExit() async throws {
    try await AgentHarness.with { host in
      let placement = try shell("exec sleep 100", epoch: 1, restart: .never)
      var pid: Int32 = 0
      try await host.life { life in
        await life.want(placement)
        pid = try #require(try await life.status(of: 1) { $0.phase == .running }.pid)
      }
      try Files.remove(host.records.path)
      try await host.life { life in
        kill(pid, SIGTERM)
        while await life.agent.unclaimed[Epoch(1)]?.contains(where: \.isRunning) == true {
          try await Task.sleep(for: .milliseconds(5))
        }
        await life.snapshot(placement)
        let status = try await life.status(of: 1) { $0.phase == .ended }
        #expect(status.lastExit?.status == .signaled(signal: SIGTERM, coreDumped: false))
      }
    }
  }

  @Test("Agent and tendon-init killed at once: the processes run on and are taken over by pidfd.")
  func bothDie() async throws {
    try await AgentHarness.with { host in
      var before: PlacementStatus?
      try await host.life { life in
        await life.want(try shell("exec sleep 100", epoch: 1, restart: .never))
        before = try await life.status(of: 1) { $0.phase == .running }
        let client = try #require(await life.agent.initClient)
        kill(client.greeting.identity.pid, SIGKILL)
      }
      try await host.life { life in
        let after = try await life.status(of: 1) { $0.phase == .running }
        #expect(after.pid == before?.pid && after.pidStartTicks == before?.pidStartTicks)
        kill(try #require(after.pid), SIGKILL)
        let ended = try await life.status(of: 1) { $0.phase == .ended }
        #expect(ended.lastExit?.status == .unknown)
      }
    }
  }

  /// A process that has nothing to do with Tendon.
  private static func bystander() throws -> ChildProcess {
    try ChildProcess(ChildProcess.Command(arguments: ["/bin/sleep", "100"]))
  }

  @Test(
    "A pid that came to mean another process is never touched, be it that the start time or the cgroup differs.",
    arguments: [true, false])
  func pidReuse(hasItsStartTime: Bool) async throws {
    try await AgentHarness.with { host in
      let other = try Self.bystander()
      let identity = try #require(try ProcessIdentity.current(pid: other.pid))
      var memory = PlacementMemory(
        desired: try shell("exec sleep 100", epoch: 1, restart: .never))
      memory.phase = .running
      memory.process = ProcessKey(
        pid: other.pid, startTicks: identity.startTicks - (hasItsStartTime ? 0 : 1))
      try host.records.write(RememberedPlacement(bootID: host.bootID, memory: memory))
      try await host.life { life in
        let status = try await life.status(of: 1) { $0.phase == .ended }
        #expect(status.lastExit?.status == .unknown)
        await life.end(1)
        try await life.untilRemoved(1)
      }
      #expect(try ProcessIdentity.current(pid: other.pid) == identity)
      #expect(!other.pidfd.waitUntilEnded(within: .milliseconds(1)))
      try other.pidfd.send(signal: SIGKILL)
      _ = try other.wait()
    }
  }

  @Test("A process that nobody knows, left in a cgroup that is wanted, ends before the start.")
  func strayInCgroup() async throws {
    try await AgentHarness.with { host in
      let placement = try shell("exec sleep 100", epoch: 1)
      let leaf = CgroupLeaf(instance: placement.instance, epoch: placement.epoch)
      try await host.life { life in
        // After the first look at the cgroups, as when tendon-init dies in the middle of a start.
        await life.snapshot()
        let path = try host.tree.create(leaf)
        let stray = try Self.bystander()
        try KernelFile.write("\(stray.pid)", to: path + "/cgroup.procs")
        await life.want(placement)
        let status = try await life.status(of: 1) { $0.phase == .running }
        #expect(stray.pidfd.waitUntilEnded(within: .seconds(10)))
        _ = try stray.wait()
        #expect(try CgroupProcesses.list(path) == [try #require(status.pid)])
      }
    }
  }

  @Test("tendon-init is upgraded under an agent that works; starts in between come about once.")
  func upgradedUnder() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        for epoch in UInt64(1)...20 {
          await life.want(try shell("exec sleep 100", epoch: epoch))
          if epoch == 10 {
            let client = try #require(await life.agent.initClient)
            kill(client.greeting.identity.pid, SIGHUP)
          }
        }
        for epoch in UInt64(1)...20 {
          let status = try await life.status(of: epoch) { $0.phase == .running }
          let leaf = CgroupLeaf(instance: status.instance, epoch: status.epoch)
          #expect(try CgroupProcesses.list(host.tree.path(of: leaf)) == [status.pid])
        }
      }
    }
  }
}
