// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage
import TendonModel
import Testing

@testable import TendonLinux

@Suite("tendon-init upgrades itself in place", .timeLimit(.minutes(2)))
struct InitUpgradeTests {
  /// The same sources with another setting: another build.
  static let other: Result<String, HarnessError> = {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let folder = "\(root)/.build/tendon-init-other-for-tests"
    do {
      try run([
        "make", "-s", "-C", "\(root)/Sources/tendon-init", "BIN=\(folder)", "CFLAGS=-O1 -g0",
      ])
      return .success("\(folder)/tendon-init")
    } catch {
      return .failure(HarnessError("another tendon-init could not be built: \(error)"))
    }
  }()

  @Test("A thousand children and the ends of half of them outlive it, as the same process.")
  func thousand() async throws {
    try await InitHarness.with { harness in
      var processes: [SpawnedProcess] = []
      for epoch in 1...1000 {
        processes.append(
          try await harness.spawn(["sleep", "600"], name: "web.\(epoch)", epoch: UInt64(epoch)))
      }
      // Not acknowledged when the upgrade comes.
      for process in processes[..<100] { try process.pidfd.send(signal: SIGKILL) }
      for process in processes[..<100] {
        #expect(process.pidfd.waitUntilEnded(within: .seconds(10)))
      }
      var launcher = harness.launcher
      launcher.executable = try Self.other.get()
      // These end while it upgrades.
      let ending = processes[100..<500].map(\.pidfd)
      async let killed: Void = BlockingThread.run {
        // One that could not be sent is missed below.
        for pidfd in ending { try? pidfd.send(signal: SIGTERM) }
      }
      let (client, upgrade) = try await launcher.upgraded(harness.client)
      try await killed

      let build = try await launcher.build()
      #expect(upgrade == .done(from: harness.client.greeting.build, to: build))
      #expect(client.greeting.identity == harness.client.greeting.identity)
      for process in processes[100..<500] {
        #expect(process.pidfd.waitUntilEnded(within: .seconds(10)))
      }
      var ends: [ProcessIdentity: ExitRecord] = [:]
      var running: [ProcessIdentity: Epoch] = [:]
      for child in try await client.list() {
        switch child {
        case .exited(let exit): ends[exit.identity] = exit
        case .running(let epoch, _, let process): running[process.identity] = epoch
        }
      }
      var events = client.events.makeAsyncIterator()
      while ends.count < 500, case .exited(let exit) = await events.next() {
        ends[exit.identity] = exit
        running[exit.identity] = nil
      }
      #expect(ends.count == 500 && running.count == 500)
      for (index, process) in processes.enumerated() {
        let epoch = Epoch(UInt64(index + 1))
        if index < 500 {
          let exit = try #require(ends[process.identity])
          #expect(exit.epoch == epoch && exit.name == "web.\(index + 1)")
          #expect(exit.status == .signaled(signal: index < 100 ? 9 : 15, coreDumped: false))
          try client.acknowledge(exit)
        } else {
          #expect(running[process.identity] == epoch)
          #expect(try status("PPid", of: process.pid) == "\(harness.initPID)")
        }
      }
      // Nothing is left open: stdio, signals, lock, listener, client.
      #expect(try entries(of: "/proc/\(harness.initPID)/fd") == 7)
      // It is still a parent: what it starts now is told too.
      let late = try await harness.spawn(["true"], epoch: 2000, through: client)
      while case .exited(let exit) = await events.next() {
        if exit.identity == late.identity { break }
      }
    }
  }

  @Test("It stays the parent of what its children leave behind.")
  func subreaper() async throws {
    try await InitHarness.with { harness in
      _ = try await harness.spawn(["sh", "-c", "sleep 600 & echo $!; exec sleep 600"], epoch: 1)
      var launcher = harness.launcher
      launcher.executable = try Self.other.get()
      let (client, _) = try await launcher.upgraded(harness.client)
      _ = client
      while try text(of: "\(harness.folder)/out").isEmpty {
        try await Task.sleep(for: .milliseconds(5))
      }
      let orphan = try #require(
        Int32(try text(of: "\(harness.folder)/out").filter { $0 != "\n" }))
      let parent = try #require(Int32(try status("PPid", of: orphan)))
      kill(parent, SIGKILL)
      while try status("PPid", of: orphan) != "\(harness.initPID)" {
        try await Task.sleep(for: .milliseconds(5))
      }
      kill(orphan, SIGKILL)
    }
  }

  @Test(
    "A program that can't take its place leaves the old one running, which says why.",
    arguments: [
      ("/nonexistent/tendon-init", "No such file or directory"),
      ("/bin/false", "did not pass its --check"),
      ("/etc/hostname", "did not pass its --check"),
      ("/tmp", "is not a file"),
    ])
  func refused(program: String, reason: String) async throws {
    try await InitHarness.with { harness in
      let process = try await harness.spawn(["sleep", "600"])
      let refusal = await #expect(throws: InitError.self) {
        try await harness.client.upgrade(to: program)
      }
      guard case .rejected(let code, let text) = refusal else {
        Issue.record("\(String(describing: refusal))")
        return
      }
      #expect(Int(code) == TENDON_INIT_NOT_UPGRADED)
      #expect(text.contains(reason), "\(text)")
      // The same connection goes on.
      try process.pidfd.send(signal: SIGKILL)
      #expect(try await harness.exit(of: process).status == .signaled(signal: 9, coreDumped: false))
      #expect(try entries(of: "/proc/\(harness.initPID)/fd") == 7)
    }
  }

  @Test("A relative path is no program.")
  func relative() async throws {
    try await InitHarness.with { harness in
      await #expect(throws: InitError.self) { try await harness.client.upgrade(to: "tendon-init") }
      let children = try await harness.client.list()
      #expect(children.isEmpty)
    }
  }

  @Test("One that hangs in its check is given up.")
  func hangs() async throws {
    try await InitHarness.with { harness in
      let program = "\(harness.folder)/hangs"
      let file = try FileDescriptor.open(
        FilePath(program), .writeOnly, options: .create,
        permissions: [.ownerReadWriteExecute])
      try file.closeAfter { _ = try file.writeAll("#!/bin/sh\nexec sleep 600\n".utf8) }
      await #expect(throws: InitError.self) { try await harness.client.upgrade(to: program) }
      let children = try await harness.client.list()
      #expect(children.isEmpty)
    }
  }

  @Test("SIGHUP starts its own program again, and its clients come back to the same process.")
  func hangUp() async throws {
    try await InitHarness.with { harness in
      let process = try await harness.spawn(["sleep", "600"], epoch: 9)
      kill(harness.initPID, SIGHUP)
      // Its client is left behind.
      for await event in harness.client.events {
        guard case .disconnected = event else { continue }
        break
      }
      let (next, wasStarted) = try await harness.launcher.connect()
      #expect(!wasStarted && next.greeting.identity == harness.client.greeting.identity)
      guard case .running(let epoch, _, let listed)? = try await next.list().first else {
        Issue.record("forgotten")
        return
      }
      #expect(epoch == Epoch(9) && listed.identity == process.identity)
    }
  }

  @Test("One that was asked to end with its last child does so after an upgrade too.")
  func ending() async throws {
    try await InitHarness.with { harness in
      let process = try await harness.spawn(["sleep", "600"])
      let own = try #require(try harness.client.greeting.identity.hold())
      kill(harness.initPID, SIGTERM)
      var launcher = harness.launcher
      launcher.executable = try Self.other.get()
      let (client, upgrade) = try await launcher.upgraded(harness.client)
      #expect(upgrade != .notNeeded)
      #expect(!own.waitUntilEnded(within: .milliseconds(1)))
      try process.pidfd.send(signal: SIGKILL)
      #expect(own.waitUntilEnded(within: .seconds(10)))
      client.close()
    }
  }

  @Test("Many upgrades in a row leave nothing behind.")
  func again() async throws {
    try await InitHarness.with { harness in
      let process = try await harness.spawn(["sleep", "600"])
      var launcher = harness.launcher
      var client = harness.client
      let programs = [try Self.other.get(), harness.launcher.executable]
      for round in 0..<20 {
        launcher.executable = programs[round % 2]
        client = try await launcher.upgraded(client).client
      }
      #expect(client.greeting.running == 1)
      #expect(try entries(of: "/proc/\(harness.initPID)/fd") == 7)
      #expect(try status("PPid", of: process.pid) == "\(harness.initPID)")
    }
  }

  @Test("An agent of another version of the protocol makes it its own, without a hello.")
  func otherVersion() async throws {
    try await InitHarness.with { harness in
      let process = try await harness.spawn(["sleep", "600"], epoch: 4)
      try await InitClient.upgradeUnasked(
        path: harness.launcher.socketPath, to: try Self.other.get())
      let next = try await harness.launcher.connect().client
      #expect(next.greeting.build != harness.client.greeting.build)
      guard case .running(_, _, let listed)? = try await next.list().first else {
        Issue.record("forgotten")
        return
      }
      #expect(listed.identity == process.identity)
    }
  }

  @Test("A hand-over that is cut short or changed at any place is refused by the check.")
  func damagedHandOver() async throws {
    let binary = try InitHarness.binary.get()
    let folder = try makeTemporaryFolder()
    defer { removeFolder(folder) }
    // One child, as upgrade.c writes it.
    var good: [UInt8] = Array("tendon1\0".utf8)
    func number(_ value: UInt32) { withUnsafeBytes(of: value) { good += $0 } }
    for value: UInt32 in [40, 48, 1, 0, 3, 4, UInt32.max, 6] { number(value) }
    good += Array("/sock\0".utf8)
    good += [UInt8](repeating: 1, count: 32)
    for value: UInt32 in [77, 0, 0, 6] { number(value) }
    good += Array("web.0\0".utf8)
    let isGood = try check(binary, good, in: folder)
    #expect(isGood)
    for length in 0..<good.count {
      let isTaken = try check(binary, Array(good[..<length]), in: folder)
      #expect(!isTaken, "\(length) bytes")
    }
    let hasTail = try check(binary, good + [0], in: folder)
    #expect(!hasTail)
    // Lengths and counts, each with one bit flipped.
    for place in 0..<20 where place % 2 == 0 {
      var bad = good
      bad[place] ^= 0x40
      let isTaken = try check(binary, bad, in: folder)
      #expect(!isTaken, "byte \(place)")
    }
  }

  private func check(_ binary: String, _ bytes: [UInt8], in folder: String) throws -> Bool {
    let path = "\(folder)/state"
    let file = try FileDescriptor.open(
      FilePath(path), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(bytes) }
    // Standard input of the child is the only descriptor that it is given.
    let input = try FileDescriptor.open(FilePath(path), .readOnly)
    return try input.closeAfter {
      var command = ChildProcess.Command(arguments: [binary, "--check", "0"])
      command.input = input
      return try ChildProcess(command).wait().isSuccess
    }
  }
}
