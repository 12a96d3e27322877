// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel
import Testing

@testable import TendonLinux

@Suite("tendon-init keeps what it started", .timeLimit(.minutes(2)))
struct InitLifeTests {
  @Test(
    "An exit is told with its status.",
    arguments: [
      ("exit 0", TendonModel.ExitStatus.exited(code: 0)),
      ("exit 7", .exited(code: 7)),
      ("kill -KILL $$", .signaled(signal: 9, coreDumped: false)),
      ("kill -TERM $$", .signaled(signal: 15, coreDumped: false)),
    ])
  func statuses(script: String, expected: TendonModel.ExitStatus) async throws {
    try await InitHarness.with { harness in
      let (_, status) = try await harness.output(of: ["sh", "-c", script])
      #expect(status == expected)
    }
  }

  @Test("An exit is kept until it is acknowledged, also for the next client.")
  func keptUntilAcknowledged() async throws {
    try await InitHarness.with { harness in
      let process = try await harness.spawn(["sh", "-c", "exit 3"], name: "web.3", epoch: 77)
      let exit = try await harness.exit(of: process)
      #expect(exit.epoch == Epoch(77))
      #expect(exit.name == "web.3")

      let second = try await InitClient.connect(path: harness.launcher.socketPath)
      #expect(second.greeting.unacknowledged == 1)
      guard case .exited(let again) = try await second.list().first else {
        Issue.record("no exit in the list")
        return
      }
      #expect(again == exit)
      try second.acknowledge(again)
      // Again is harmless.
      try second.acknowledge(again)
      #expect(try await second.list().isEmpty)
    }
  }

  @Test("An exit while no client was there is told to the next one.")
  func exitWhileAlone() async throws {
    try await InitHarness.with { harness in
      let process = try await harness.spawn(["sleep", "600"])
      harness.client.close()
      for await _ in harness.client.events {}
      try process.pidfd.send(signal: SIGKILL)
      #expect(process.pidfd.waitUntilEnded(within: .seconds(10)))

      let second = try await InitClient.connect(path: harness.launcher.socketPath)
      // Ended, and perhaps not reaped yet: then it comes as an event.
      switch try await second.list().first {
      case .exited(let exit): #expect(exit.status == .signaled(signal: 9, coreDumped: false))
      case .running(_, _, let listed):
        let exit = try await harness.exit(of: listed, on: second)
        #expect(exit.status == .signaled(signal: 9, coreDumped: false))
      case nil: Issue.record("forgotten")
      }
    }
  }

  @Test("A child outlives its client and is handed to the next with the same identity.")
  func adopted() async throws {
    try await InitHarness.with { harness in
      let process = try await harness.spawn(["sleep", "600"], name: "db.1", epoch: 5)
      harness.client.close()
      for await _ in harness.client.events {}

      let (second, wasStarted) = try await harness.launcher.connect()
      #expect(!wasStarted)
      #expect(second.greeting.identity == harness.client.greeting.identity)
      guard case .running(let epoch, let name, let listed) = try await second.list().first
      else {
        Issue.record("not in the list")
        return
      }
      #expect(epoch == Epoch(5))
      #expect(name == "db.1")
      #expect(listed.identity == process.identity)
      try listed.pidfd.send(signal: SIGTERM)
      let exit = try await harness.exit(of: listed, on: second)
      #expect(exit.status == .signaled(signal: 15, coreDumped: false))
    }
  }

  @Test("A newer client takes the place of the older one, which is told.")
  func replaced() async throws {
    try await InitHarness.with { harness in
      let second = try await InitClient.connect(path: harness.launcher.socketPath)
      var last: InitEvent?
      for await event in harness.client.events { last = event }
      guard case .disconnected(.disconnected) = last else {
        Issue.record("\(String(describing: last))")
        return
      }
      await #expect(throws: InitError.disconnected) { _ = try await harness.client.list() }
      #expect(try await second.list().isEmpty)
    }
  }

  @Test("Orphans of a child are handed to tendon-init and reaped.")
  func orphans() async throws {
    try await InitHarness.with { harness in
      let script = "sleep 600 & echo $!"
      let (text, _) = try await harness.output(of: ["sh", "-c", script])
      let pid = try #require(Int32(text.split(separator: "\n")[0]))
      let orphan = try PidFD(pid: pid)
      #expect(try status("PPid", of: pid) == String(harness.initPID))
      try orphan.send(signal: SIGKILL)
      #expect(orphan.waitUntilEnded(within: .seconds(10)))
      // It reaps before it answers, but may hear of the end a moment after we do.
      for _ in 0..<1000 where try ProcessIdentity.current(pid: pid) != nil {
        #expect(try await harness.client.list().isEmpty)
      }
      #expect(try ProcessIdentity.current(pid: pid) == nil)
    }
  }

  @Test("It doesn't end while it is needed.")
  func shutdownRefused() async throws {
    try await InitHarness.with { harness in
      let process = try await harness.spawn(["sleep", "600"])
      await #expect(throws: InitError.stillNeeded(running: 1, unacknowledged: 0)) {
        try await harness.client.shutdown()
      }
      try process.pidfd.send(signal: SIGKILL)
      let exit = try await harness.exit(of: process)
      await #expect(throws: InitError.stillNeeded(running: 0, unacknowledged: 1)) {
        try await harness.client.shutdown()
      }
      try harness.client.acknowledge(exit)
    }
  }

  @Test("When it is killed its children live on and can be held by their identity.")
  func killed() async throws {
    try await InitHarness.with { harness in
      let process = try await harness.spawn(["sleep", "600"])
      try PidFD(pid: harness.initPID).send(signal: SIGKILL)
      var last: InitEvent?
      for await event in harness.client.events { last = event }
      guard case .disconnected = last else {
        Issue.record("no end of the events")
        return
      }
      let held = try #require(try process.identity.hold())
      #expect(!held.hasEnded)
      try held.send(signal: SIGKILL)

      let (second, wasStarted) = try await harness.launcher.connect()
      #expect(wasStarted)
      #expect(try await second.list().isEmpty)
    }
  }

  @Test("A hundred children that end at once are all told, once each.")
  func manyAtOnce() async throws {
    try await InitHarness.with { harness in
      var processes: [SpawnedProcess] = []
      for number in 0..<100 {
        processes.append(
          try await harness.spawn(
            ["sleep", "600"], name: "test.\(number)", epoch: UInt64(number)))
      }
      for process in processes { try process.pidfd.send(signal: SIGKILL) }
      var told: Set<UInt64> = []
      for await event in harness.client.events {
        guard case .exited(let exit) = event else { break }
        #expect(told.insert(exit.epoch.rawValue).inserted)
        try harness.client.acknowledge(exit)
        if told.count == 100 { break }
      }
      #expect(try await harness.client.list().isEmpty)
    }
  }

  @Test("A program that is no tendon-init fails the launch with its words.")
  func launchFails() async throws {
    let folder = try makeTemporaryFolder()
    defer { removeFolder(folder) }
    var launcher = InitLauncher(
      executable: "/bin/false", socketPath: "\(folder)/s", cgroup: nil)
    await #expect(throws: InitError.launch(text: "exited with status 1")) {
      _ = try await launcher.connect()
    }
    launcher.executable = try InitHarness.binary.get()
    launcher.socketPath = "\(folder)/not/there"
    await #expect(
      throws: InitError.launch(text: "tendon-init: lock file: No such file or directory")
    ) {
      _ = try await launcher.connect()
    }
  }
}
