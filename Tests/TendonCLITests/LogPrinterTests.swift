// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import NIOCore
import TendonModel
import Testing

@testable import tendon

@Suite struct LogPrinterTests {
  @Test("An instance has one colour, always the same, and none where there is no terminal.")
  func colours() throws {
    let id = try InstanceID("web.0")
    let plain = Console(environment: [:], isTerminal: false)
    #expect(LogPrefix.of(id, width: 7, plain) == "web.0   | ")
    let terminal = Console(environment: ["TERM": "xterm"], isTerminal: true)
    let coloured = LogPrefix.of(id, width: 5, terminal)
    #expect(coloured == LogPrefix.of(id, width: 5, terminal))
    #expect(coloured.hasPrefix("\u{1B}[") && coloured.contains("web.0 | "))
    let colours = Set((0..<40).map { LogPrefix.colour(of: "web.\($0)") })
    #expect(colours.count > 6 && colours.allSatisfy { (0..<12).contains($0) })
  }

  @Test("Logs take several instances and services, a time in two forms, and one stream.")
  func options() throws {
    let command = try #require(
      try Tendon.parseAsRoot([
        "logs", "web", "api.3", "-f", "--since", "10m", "--tail", "5", "--stderr",
      ]) as? Logs)
    #expect(command.subjects.map(\.name) == ["web", "api.3"])
    #expect(command.since == .ago(.seconds(600)) && command.tail == 5 && command.follow)
    #expect(command.stream == .stderr && command.prefix == nil)
    let previous = try #require(
      try Tendon.parseAsRoot([
        "logs", "web.0", "-p", "--since", "2026-01-31T15:04:05Z", "--no-prefix",
      ])
        as? Logs)
    #expect(previous.previous && previous.prefix == false)
  }

  @Test(
    "What can't be is refused.",
    arguments: [
      "logs", "logs web.0 -f -p", "logs web.0 --since soon", "logs web.0 --tail -1", "exec web.0",
      "exec web -- ls", "exec -- ls",
    ])
  func refused(words: String) {
    #expect(throws: (any Error).self) {
      try Tendon.parseAsRoot(words.split(separator: " ").map(String.init))
    }
  }

  @Test("An exec's command is all that stands behind --, options of its own too.")
  func exec() throws {
    let command = try #require(
      try Tendon.parseAsRoot(["exec", "web.0", "-i", "-u", "www-data", "--", "ls", "-t", "--", "x"])
        as? Exec)
    #expect(command.command == ["ls", "-t", "--", "x"])
    #expect(command.interactive && !command.tty && command.user == "www-data")
  }
}
