// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel
import Testing

@testable import TendonLinux

@Suite("Processes and users", .timeLimit(.minutes(1)))
struct InitProcessTests {
  @Test(
    "The start time is found whatever the program is called.",
    arguments: [
      ("1 (init) S 0 1 1 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 4711 0", UInt64(4711)),
      ("1 (a) b) (c) S 0 1 1 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 5 0 0", 5),
      ("1 (init) S 0 1", nil),
      ("1 (init S 0 1 1 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 4711 0", nil),
      ("", nil),
    ])
  func startTicks(stat: String, ticks: UInt64?) {
    #expect(ProcessIdentity.startTicks(stat: ArraySlice(stat.utf8)) == ticks)
  }

  @Test("A process is found by its pid and start time, and not by its pid alone.")
  func identity() throws {
    let own = try #require(try ProcessIdentity.current(pid: getpid()))
    #expect(try own.hold() != nil)
    let other = ProcessIdentity(pid: own.pid, startTicks: own.startTicks + 1)
    #expect(try other.hold() == nil)
  }

  @Test("A child is started, held and reaped; afterwards its identity is nobody's.")
  func child() throws {
    let process = try ChildProcess(
      ChildProcess.Command(arguments: ["sleep", "600"], environment: ["PATH=/usr/bin:/bin"]))
    let identity = try #require(try ProcessIdentity.current(pid: process.pid))
    #expect(!process.pidfd.hasEnded)
    try process.pidfd.send(signal: SIGTERM)
    #expect(process.pidfd.waitUntilEnded(within: .seconds(10)))
    #expect(try process.wait() == .signaled(signal: 15, coreDumped: false))
    #expect(try identity.hold() == nil)
    let error = #expect(throws: ProcessError.self) { try process.pidfd.send(signal: SIGTERM) }
    #expect(error?.errno == ESRCH)
  }

  @Test("Users are found by name and number.")
  func users() async throws {
    let root = try await UserIdentity.find("root")
    #expect(root.uid == 0 && root.gid == 0 && root.name == "root" && root.home == "/root")
    #expect(try await UserIdentity.find("0").name == "root")
    let numbers = try await UserIdentity.find("4711:4712")
    #expect(numbers == UserIdentity(uid: 4711, gid: 4712, groups: [], name: nil, home: nil))
    #expect(try await UserIdentity.find("root:4712").gid == 4712)
  }

  @Test(
    "Users that are not there are refused with what is wrong.",
    arguments: [
      ("nobody-of-that-name", UserError.unknownUser("nobody-of-that-name")),
      ("root:no-such-group", .unknownGroup("no-such-group")),
      ("4711", .groupNeeded(uid: 4711)),
      ("", .malformed(text: "")),
      ("root:", .malformed(text: "root:")),
      (":root", .malformed(text: ":root")),
    ])
  func unknownUsers(text: String, expected: UserError) async throws {
    await #expect(throws: expected) { _ = try await UserIdentity.find(text) }
  }
}
