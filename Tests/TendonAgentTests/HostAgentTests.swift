// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonLinux
@testable import TendonModel

@Suite(
  "The agent and real processes", .enabled(if: AgentHarness.mount != nil), .timeLimit(.minutes(1)))
struct HostAgentTests {
  @Test("An instance runs in its cgroup, with its ports and its name, and writes into its log.")
  func start() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        var placement = try shell(
          "echo $TENDON_INSTANCE $TENDON_EPOCH $PORT_HTTP $EXTRA; echo oops >&2; exec sleep 100")
        placement.spec.ports = [PortSpec(name: "http")]
        placement.spec.env = ["EXTRA": "more"]
        await life.want(placement)
        let status = try await life.status(of: 1) { $0.phase == .running }
        let pid = try #require(status.pid)
        let port = try #require(status.ports["http"])
        let leaf = CgroupLeaf(instance: placement.instance, epoch: placement.epoch)
        #expect(try CgroupProcesses.list(host.tree.path(of: leaf)) == [pid])
        let reader = LogReader(
          logs: host.logs, instance: placement.instance, epoch: placement.epoch,
          request: LogRequest(stream: .stdout, follow: true), blocking: host.blocking)
        var chunks = try await reader.chunks().makeAsyncIterator()
        let line = try await chunks.next().map { String(buffer: $0) }
        #expect(line == "web.0 1 \(port) more\n")
        await life.end(1)
        try await life.untilRemoved(1)
        #expect(try host.tree.leaves().isEmpty)
        #expect(try host.records.load().records.isEmpty)
      }
    }
  }

  @Test("A program that is not there is named, with the error, and tried again.")
  func spawnFailure() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        var placement = try shell("")
        placement.spec.command = ["/nonexistent/program"]
        await life.want(placement)
        let status = try await life.status(of: 1) { $0.phase == .waiting }
        #expect(status.message.contains("exec: /nonexistent/program: No such file or directory"))
        await life.end(1)
        try await life.untilRemoved(1)
      }
    }
  }

  @Test("What a process leaves behind is killed before it is started again, and the new one lives.")
  func leftovers() async throws {
    try await AgentHarness.with { host in
      let marker = host.folder.path + "/again"
      try await host.life { life in
        await life.want(
          try shell("[ -e \(marker) ] && exec sleep 100; touch \(marker); sleep 100 & exit 3"))
        let status = try await life.status(of: 1) { $0.phase == .running && $0.restarts == 1 }
        #expect(status.lastExit?.status == .exited(code: 3))
        let leaf = CgroupLeaf(instance: status.instance, epoch: status.epoch)
        #expect(try CgroupProcesses.list(host.tree.path(of: leaf)) == [try #require(status.pid)])
      }
    }
  }

  @Test("One that ignores SIGTERM is killed when its grace is over.")
  func stubborn() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        let ready = host.folder.path + "/ready"
        await life.want(
          try shell(
            "trap '' TERM; mkfifo \(ready); echo > \(ready); while :; do sleep 1; done",
            grace: Span(milliseconds: 200)))
        _ = try await life.status(of: 1) { $0.phase == .running }
        // Opening the pipe waits for the trap to be in place.
        while access(ready, F_OK) != 0 { try await Task.sleep(for: .milliseconds(5)) }
        let blocking = host.blocking
        _ = try await blocking.run { () throws(StateError) in try Files.read(ready) }
        await life.end(1)
        let status = try await life.status(of: 1) { $0.lastExit != nil }
        #expect(status.lastExit?.status == .signaled(signal: SIGKILL, coreDumped: false))
        try await life.untilRemoved(1)
        #expect(try host.tree.leaves().isEmpty)
      }
    }
  }

  @Test("The next agent takes over the same process, and hears of ends that nobody saw.")
  func takeOver() async throws {
    try await AgentHarness.with { host in
      let go = host.folder.path + "/go"
      var pid: Int32?
      try await host.life { life in
        await life.want(
          try shell("exec sleep 100", epoch: 1),
          try shell(
            "while [ ! -e \(go) ]; do sleep 0.02; done; exit 7", epoch: 2, restart: .never))
        pid = try await life.status(of: 1) { $0.phase == .running }.pid
        _ = try await life.status(of: 2) { $0.phase == .running }
      }
      let short = try #require(host.records.load().records.last?.memory.process)
      close(try Files.open(go, O_WRONLY | O_CREAT))
      while let now = try ProcessIdentity.current(pid: short.pid), ProcessKey(now) == short {
        try await Task.sleep(for: .milliseconds(5))
      }
      try await host.life { life in
        let first = try await life.status(of: 1) { $0.phase == .running }
        #expect(first.pid == pid && first.restarts == 0)
        let second = await life.agent.core.memory(of: Epoch(2))
        #expect(second?.phase == .ended)
        #expect(second?.lastExit?.status == .exited(code: 7))
      }
    }
  }

  @Test(
    "A process that nobody wants and no record speaks of is ended; a record of another boot fails and is not revived."
  )
  func orphansAndReboots() async throws {
    try await AgentHarness.with { host in
      var orphan: ProcessIdentity?
      try await host.life { life in
        await life.want(
          try shell("exec sleep 100", epoch: 1), try shell("exec sleep 100", epoch: 2))
        let first = try await life.status(of: 1) { $0.phase == .running }
        orphan = ProcessIdentity(
          pid: try #require(first.pid), startTicks: try #require(first.pidStartTicks))
        _ = try await life.status(of: 2) { $0.phase == .running }
      }
      try host.records.remove(Epoch(1))
      host.bootID = "2-2"
      try await host.life { life in
        let second = try await life.status(of: 2) { $0.phase == .failed }
        #expect(second.message == "host rebooted" && second.pid == nil)
        await life.snapshot(try shell("exec sleep 100", epoch: 2))
        let identity = try #require(orphan)
        while try ProcessIdentity.current(pid: identity.pid) == identity {
          try await Task.sleep(for: .milliseconds(5))
        }
        await life.end(2)
        try await life.untilRemoved(2)
        #expect(try host.tree.leaves().isEmpty)
      }
    }
  }

  @Test("Instances outlive tendon-init; their ends are noticed, though not how they ended.")
  func initDies() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        await life.want(try shell("exec sleep 100", restart: .never))
        let status = try await life.status(of: 1) { $0.phase == .running }
        let pid = try #require(status.pid)
        let generation = await life.agent.initGeneration
        let initPID = try #require(await life.agent.initClient).greeting.identity.pid
        kill(initPID, SIGKILL)
        while await life.agent.initGeneration == generation {
          try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try ProcessIdentity.current(pid: pid) != nil)
        kill(pid, SIGKILL)
        let ended = try await life.status(of: 1) { $0.phase == .ended }
        #expect(ended.lastExit?.status == .unknown)
      }
    }
  }

  @Test("What is put off while many are being started is written soon after, for every one.")
  func manyAtOnce() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        let count = UInt64(60)
        for epoch in 1...count { await life.want(try shell("exec sleep 100", epoch: epoch)) }
        for epoch in 1...count {
          _ = try await life.status(of: epoch) { $0.phase == .running }
        }
        while try host.records.load().records.contains(where: { $0.memory.process == nil }) {
          try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try host.records.load().records.count == Int(count))
        for epoch in 1...count { await life.end(epoch) }
        for epoch in 1...count { try await life.untilRemoved(epoch) }
        #expect(try host.records.load().records.isEmpty)
      }
    }
  }
}
