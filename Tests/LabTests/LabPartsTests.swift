// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TendonLab
import Testing

@Suite struct LabPartsTests {
  @Test(
    "Memory sizes are read as kernels read them, and nothing else is.",
    arguments: [
      ("512M", 512 << 20), ("1G", 1 << 30), ("1GiB", 1 << 30), ("64Mi", 64 << 20),
      ("65536K", 64 << 20), ("4096", 4096), ("", nil), ("M", nil), ("1T", nil), ("-1M", nil),
      ("99999999999999G", nil), ("1.5G", nil),
    ] as [(String, UInt64?)])
  func memorySizes(text: String, bytes: UInt64?) {
    #expect(MemorySize.bytes(text) == bytes)
  }

  @Test("A process's name may hold spaces and parentheses without moving the fields behind it.")
  func processNames() throws {
    let rest = "S 1 77 78 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 9 9 9"
    for name in ["sh", "a b", "x) R 9 9 9", "((", "S 1 2"] {
      let entry = try #require(ProcessEntry(pid: 99, stat: "99 (\(name)) \(rest)\n"))
      #expect(entry.state == "S" && entry.session == 78 && entry.startTicks == 4242)
    }
    for broken in ["", "99 (sh", "99 (sh) S 1 2 3", "99 (sh) S 1 77 x"] {
      #expect(ProcessEntry(pid: 99, stat: broken) == nil)
    }
  }

  @Test("Values that can't work are refused before anything is made.")
  func refusals() async {
    for (name, hosts) in [("", 1), ("a b", 1), ("-x", 1), ("ok", 0), ("ok", 201)] {
      var configuration = LabConfiguration(name: name, hosts: hosts, directory: "/nonexistent/x")
      configuration.runsAgents = false
      await #expect(throws: LabError.self) { try await Lab.up(configuration) }
    }
  }
}
