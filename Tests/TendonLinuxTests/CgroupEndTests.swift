// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel
import Testing

@testable import TendonLinux

@Suite("Ending a cgroup")
struct CgroupEndTests {
  @Test("cgroup.kill is used where it is.")
  func killFile() throws {
    let leaf = CgroupFixture(["cgroup.kill": "", "cgroup.events": "populated 0\nfrozen 0\n"])
    try CgroupEnd.kill(leaf.path, waitingUpTo: .seconds(1))
    #expect(leaf.text("cgroup.kill") == "1")
  }

  @Test("Without cgroup.kill the processes are signalled, those of cgroups below too.")
  func killOneByOne() throws {
    let first = try ChildProcess(.init(arguments: ["/bin/sleep", "1000"]))
    let second = try ChildProcess(.init(arguments: ["/bin/sleep", "1000"]))
    let leaf = CgroupFixture([
      "cgroup.procs": "\(first.pid)\n", "inner/cgroup.procs": "0\n\(second.pid)\n",
    ])
    try CgroupProcesses.kill(leaf.path)
    #expect(try first.wait() == .signaled(signal: SIGKILL, coreDumped: false))
    #expect(try second.wait() == .signaled(signal: SIGKILL, coreDumped: false))
  }

  @Test("Waiting ends when the last process is gone, and gives up in time.")
  func waiting() async throws {
    let leaf = CgroupFixture(["cgroup.events": "populated 1\nfrozen 0\n"])
    #expect(try !CgroupEnd.waitUntilEmpty(leaf.path, upTo: Span(milliseconds: 30)))
    async let isEmpty = CgroupEnd.untilEmpty(leaf.path, upTo: .seconds(30))
    leaf.put("populated 0\nfrozen 0\n", in: "cgroup.events")
    #expect(try await isEmpty)
  }

  @Test("A cgroup that is gone is empty.")
  func gone() throws {
    #expect(try CgroupEnd.waitUntilEmpty("/nowhere/at/all", upTo: .seconds(1)))
  }

  @Test("Processes that stay are an error with the time.")
  func stays() throws {
    let leaf = CgroupFixture(["cgroup.kill": "", "cgroup.events": "populated 1\nfrozen 0\n"])
    let time = Span(milliseconds: 10)
    #expect(throws: CgroupError.stillPopulated(path: leaf.path, after: time)) {
      try CgroupEnd.kill(leaf.path, waitingUpTo: time)
    }
  }

  @Test("Usage comes from four files; without the memory controller it lacks memory.")
  func usage() throws {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    leaf.put("low 0\nhigh 0\nmax 0\noom 9\noom_kill 2\n", in: "memory.events")
    #expect(
      try CgroupUsage.read(leaf.path)
        == CgroupUsage(
          cpuMicroseconds: 1_234_567, memoryBytes: 1 << 20, oomKills: 2, isPopulated: false))
    leaf.remove("memory.events")
    leaf.remove("memory.current")
    let bare = try #require(try CgroupUsage.read(leaf.path))
    #expect(bare.memoryBytes == nil && bare.oomKills == nil)
    #expect(try CgroupUsage.read("/nowhere/at/all") == nil)
  }

  @Test(
    "Events that make no sense are refused.",
    arguments: ["", "populated", "populated x", "frozen 0", "populated 1 2"])
  func malformedEvents(text: String) {
    #expect(throws: KernelFileError.self) { try CgroupEvents(parsing: text, path: "f") }
  }
}
