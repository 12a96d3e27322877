// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TendonCoordinator

@Suite("What a coordinator is started with")
struct BadInputTests {
  private static var program: URL {
    let folder = ProcessInfo.processInfo.environment["TENDON_BIN"]
    let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    return (folder.map { URL(filePath: $0) } ?? own).appending(path: "tendon-coordinator")
  }

  @Test(
    "A value that can't be ends it with 2 and the flag's name, and nothing is made.",
    arguments: [
      ("--lease", "1h", "--lease must be 1s to 10m"),
      ("--lease", "soon", "is not a length of time"),
      ("--detection", "down-after=soon", "--detection down-after: \"soon\" is not"),
      ("--detection", "down-later=1s", "--detection down-later is no setting of the detection"),
      ("--disruption", "move-burst", "--disruption \"move-burst\" is not KEY=VALUE"),
      ("--disruption", "move-burst=0", "--disruption move-burst: \"0\" is not a whole number"),
    ])
  func bad(flag: String, value: String, says: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tendon-\(UUID())")
    let process = Process()
    let errors = Pipe()
    process.executableURL = Self.program
    process.arguments = [
      "--data-dir", folder.path, "--listen", "127.0.0.1:0", "--udp-listen", "127.0.0.1:0", flag,
      value,
    ]
    process.standardError = errors
    try process.run()
    let text = String(
      decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 2 && text.contains(says), "\(text)")
    #expect(!FileManager.default.fileExists(atPath: folder.path))
  }

  @Test("What is only so at the moment is another status than bad input.")
  func statuses() {
    #expect(ProgramError.badInput("x").exitStatus == 2)
    #expect(ProgramError.failed("x").exitStatus == 1)
    #expect(ProgramError.cannotListen("x", reason: "y").exitStatus == 1)
  }
}
