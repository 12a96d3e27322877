// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import TendonAgent
@testable import TendonModel

@Suite struct OutputTailTests {
  private func lines(
    stdout: String, stderr: String, since starts: [Int64] = []
  ) throws -> [String] {
    let folder = try ScratchFolder()
    let logs = LogFiles(directory: folder.path)
    let instance = try InstanceID("web.0")
    for (stream, text) in [(LogRequest.Stream.stdout, stdout), (.stderr, stderr)] {
      let file = try logs.open(instance, Epoch(1), stream)
      defer { close(file) }
      #expect(write(file, text, text.utf8.count) == text.utf8.count)
    }
    return try OutputTail.lines(of: logs, instance, Epoch(1), since: starts)
  }

  @Test("The last lines of stderr count, or of stdout where stderr has none.")
  func streams() throws {
    #expect(try lines(stdout: "a\nb\n", stderr: "x\n\ny") == ["x", "y"])
    #expect(try lines(stdout: "a\nb\n", stderr: "") == ["a", "b"])
    #expect(try lines(stdout: "", stderr: "").isEmpty)
  }

  @Test("What an earlier run wrote does not count; of a file that was cut, all does.")
  func earlierRuns() throws {
    #expect(try lines(stdout: "", stderr: "old\nnew\n", since: [0, 4]) == ["new"])
    #expect(try lines(stdout: "now\n", stderr: "old\n", since: [0, 4]) == ["now"])
    #expect(try lines(stdout: "", stderr: "new\n", since: [0, 400]) == ["new"])
  }

  @Test("Few lines, none of them long, and nothing that a terminal would take for a command.")
  func bounded() throws {
    let many = (1...5000).map { "line \($0)" }.joined(separator: "\n")
    #expect(try lines(stdout: "", stderr: many) == (4993...5000).map { "line \($0)" })
    let long = try lines(stdout: "", stderr: String(repeating: "x", count: 100_000))
    #expect(long.count == 1 && long[0].count == 201)
    #expect(try lines(stdout: "", stderr: "\u{1b}[31mred\u{7f}\n") == ["[31mred"])
  }

  @Test("There may be no file at all.")
  func missing() throws {
    let folder = try ScratchFolder()
    let logs = LogFiles(directory: folder.path)
    #expect(
      try OutputTail.lines(of: logs, InstanceID("web.0"), Epoch(1), since: []).isEmpty)
  }
}
