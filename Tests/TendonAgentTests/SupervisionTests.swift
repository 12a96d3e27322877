// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonLinux
@testable import TendonModel

@Suite(
  "Supervision of real processes", .enabled(if: AgentHarness.mount != nil), .timeLimit(.minutes(1)))
struct SupervisionTests {
  private func text(_ path: String) -> String {
    // A file that is not there yet is an empty one here.
    (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  @Test(
    "before_start comes before the program, after_stop after each end, both in the instance's environment."
  )
  func hooks() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        let trace = host.folder.path + "/trace"
        var placement = try shell("echo run >> \(trace); exec sleep 100")
        placement.spec.supervision.beforeStart = [
          "sh", "-c", "echo pre $TENDON_INSTANCE >> \(trace)",
        ]
        placement.spec.supervision.beforeStop = ["sh", "-c", "echo drain >> \(trace)"]
        placement.spec.supervision.afterStop = ["sh", "-c", "echo post >> \(trace)"]
        await life.want(placement)
        _ = try await life.status(of: 1) { $0.phase == .running }
        while text(trace) != "pre web.0\nrun\n" { try await Task.sleep(for: .milliseconds(5)) }
        await life.end(1)
        try await life.untilRemoved(1)
        #expect(text(trace) == "pre web.0\nrun\ndrain\npost\n")
        #expect(try host.tree.leaves().isEmpty)
      }
    }
  }

  @Test("A before_start that fails keeps the program from starting, and is told with its status.")
  func beforeStartFails() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        var placement = try shell("exec sleep 100")
        placement.spec.supervision.beforeStart = ["sh", "-c", "exit 3"]
        await life.want(placement)
        let status = try await life.status(of: 1) { $0.phase == .waiting }
        #expect(status.message.contains("before_start: its command exited with status 3"))
        await life.end(1)
        try await life.untilRemoved(1)
      }
    }
  }

  @Test("A hook that hangs is killed with everything it started, and the stop goes on.")
  func hookHangs() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        let pids = host.folder.path + "/pids"
        var placement = try shell("exec sleep 100")
        placement.spec.supervision.beforeStop = [
          "sh", "-c", "trap '' TERM; setsid sleep 100 & echo $! $$ > \(pids); sleep 100",
        ]
        placement.spec.supervision.hookTimeout = Span(milliseconds: 300)
        await life.want(placement)
        _ = try await life.status(of: 1) { $0.phase == .running }
        await life.end(1)
        try await life.untilRemoved(1)
        let left = text(pids).split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        #expect(left.count == 2)
        for pid in left { #expect(kill(pid, 0) != 0, "\(pid) is left") }
        #expect(try host.tree.leaves().isEmpty)
      }
    }
  }

  @Test("A command probe decides readiness; one that hangs is bounded and leaves nothing behind.")
  func commandProbe() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        let (good, hang) = (host.folder.path + "/good", host.folder.path + "/hang")
        var placement = try shell("exec sleep 100")
        placement.spec.supervision.probes.readiness = Probe(
          command: ["sh", "-c", "[ -e \(hang) ] && sleep 100; [ -e \(good) ]"],
          interval: Span(milliseconds: 100), timeout: Span(milliseconds: 200), failures: 1)
        await life.want(placement)
        let first = try await life.status(of: 1) { $0.message.contains("probe failed") }
        #expect(first.phase == .running && !first.isReady)
        close(try Files.open(good, O_WRONLY | O_CREAT))
        _ = try await life.status(of: 1) { $0.isReady }
        close(try Files.open(hang, O_WRONLY | O_CREAT))
        let hung = try await life.status(of: 1) { !$0.isReady }
        #expect(hung.message.contains("its command took more than 200ms and was killed"))
        #expect(hung.phase == .running && hung.restarts == 0 && hung.pid == first.pid)
        let leaf = CgroupLeaf(instance: placement.instance, epoch: placement.epoch)
        #expect(try CgroupProcesses.list(host.tree.path(of: leaf)) == [try #require(hung.pid)])
        await life.end(1)
        try await life.untilRemoved(1)
        #expect(try host.tree.leaves().isEmpty)
        let isProbing = await life.agent.auxiliaries.isRunning(Epoch(1))
        #expect(!isProbing)
      }
    }
  }

  @Test("A liveness failure restarts the process and says why, with its last lines.")
  func liveness() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        var placement = try shell("echo deadlocked >&2; exec sleep 100")
        placement.spec.ports = [PortSpec(name: "http")]
        placement.spec.supervision.probes.liveness = Probe(
          tcp: .init(port: "http"), interval: Span(milliseconds: 100), failures: 2)
        await life.want(placement)
        let status = try await life.status(of: 1) { $0.restarts >= 1 }
        let exit = try #require(status.lastExit)
        #expect(
          exit.stoppedBecause
            == "its liveness probe failed 2 times in a row: connection refused")
        #expect(exit.status == .signaled(signal: SIGTERM, coreDumped: false))
        #expect(exit.lastLines == ["deadlocked"])
      }
    }
  }

  @Test("READY=1 makes it ready, and a watchdog that is fed no more aborts it.")
  func notify() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        let go = host.folder.path + "/go"
        let script = """
          use IO::Socket::UNIX;
          die unless $ENV{WATCHDOG_USEC} eq "400000";
          my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $ENV{NOTIFY_SOCKET}) or die;
          select(undef, undef, undef, 0.02) until -e "\(go)";
          $s->send("READY=1\\nSTATUS=serving");
          for (1 .. 6) { select(undef, undef, undef, 0.2); $s->send("WATCHDOG=1"); }
          sleep 100;
          """
        var placement = try shell("")
        placement.spec.command = ["perl", "-e", script]
        placement.spec.supervision.notify = NotifySettings(
          ready: true, watchdog: Span(milliseconds: 400))
        await life.want(placement)
        let first = try await life.status(of: 1) { $0.phase == .running }
        #expect(!first.isReady && first.message == "not ready: it has not sent READY=1 yet")
        close(try Files.open(go, O_WRONLY | O_CREAT))
        let begun = ContinuousClock.now
        _ = try await life.status(of: 1) { $0.isReady }
        let aborted = try await life.status(of: 1) { $0.restarts == 1 }
        #expect(ContinuousClock.now - begun > .milliseconds(1200), "it was fed for 1.2 s")
        #expect(aborted.lastExit?.stoppedBecause == "it sent no WATCHDOG=1 for 400ms")
        if case .signaled(SIGABRT, _) = aborted.lastExit?.status {
        } else {
          Issue.record("\(String(describing: aborted.lastExit))")
        }
      }
    }
  }

  @Test(
    "A notification counts for whose cgroup it comes from, whatever it says, and a stranger's for nobody."
  )
  func strangers() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        var placement = try shell("exec sleep 100")
        placement.spec.supervision.notify = NotifySettings(ready: true)
        await life.want(placement)
        let status = try await life.status(of: 1) { $0.phase == .running }
        #expect(try host.tree.leaf(of: try #require(status.pid))?.epoch == Epoch(1))
        #expect(try host.tree.leaf(of: getpid()) == nil)
        #expect(try host.tree.leaf(of: 1) == nil)
      }
    }
  }

  @Test("A crash loop is told with the last exit and the last lines of that run alone.")
  func crashLoop() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        let count = host.folder.path + "/count"
        var placement = try shell(
          "echo x >> \(count); echo out; echo run $(wc -l < \(count)) >&2; exit 9")
        placement.spec.supervision.backoff = BackoffSettings(
          delay: Span(milliseconds: 10), longest: Span(milliseconds: 20))
        await life.want(placement)
        let status = try await life.status(of: 1) { $0.crashLoop != nil && $0.phase == .waiting }
        let ends = try #require(status.crashLoop)
        #expect(status.message.contains("in a crash loop, \(ends) ends in a row"))
        #expect(status.lastExit?.status == .exited(code: 9))
        #expect(status.lastExit?.lastLines == ["run \(ends)"])
        await life.end(1)
        try await life.untilRemoved(1)
      }
    }
  }

  private func restarted(_ life: AgentLife, times: Int) async throws -> Int32 {
    let status = try await life.status(of: 1) { $0.phase == .running && $0.restarts == times }
    return try #require(status.pid)
  }

  @Test("With a delay of zero it runs again within milliseconds.")
  func restartsAtOnce() async throws {
    try await AgentHarness.with { host in
      try await host.life { life in
        var placement = try shell("")
        placement.spec.command = ["sleep", "100"]
        placement.spec.supervision.backoff.delay = Span(milliseconds: 0)
        await life.want(placement)
        var pid = try #require(try await life.status(of: 1) { $0.phase == .running }.pid)
        var times: [Duration] = []
        for round in 1...40 {
          let killed = ContinuousClock.now
          kill(pid, SIGKILL)
          pid = try await restarted(life, times: round)
          times.append(ContinuousClock.now - killed)
        }
        times.sort()
        // The number that is promised is measured by the benchmark. A delay would be seen in every one of these.
        #expect(times[0] < .milliseconds(50), "best \(times[0]), p50 \(times[20])")
        await life.end(1)
        try await life.untilRemoved(1)
      }
    }
  }

  @Test(
    "A next agent takes over health, and ends the probe that the agent before it had under way.")
  func takeOver() async throws {
    try await AgentHarness.with { host in
      let hang = host.folder.path + "/hang"
      var placement = try shell("exec sleep 100")
      placement.spec.supervision.probes.readiness = Probe(
        command: ["sh", "-c", "[ -e \(hang) ] && echo $$ > \(hang) && sleep 100; true"],
        interval: Span(milliseconds: 100), timeout: .seconds(50))
      try await host.life { life in
        await life.want(placement)
        _ = try await life.status(of: 1) { $0.isReady }
        close(try Files.open(hang, O_WRONLY | O_CREAT))
        while text(hang).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      }
      let probe = try #require(Int32(text(hang).split(separator: "\n")[0]))
      try Files.remove(hang)
      try await host.life { life in
        let status = try await life.status(of: 1) { $0.phase == .running }
        #expect(status.isReady && status.restarts == 0)
        #expect(kill(probe, 0) != 0, "the probe is left")
      }
    }
  }
}
