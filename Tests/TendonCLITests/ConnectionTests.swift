// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonClient
import TendonModel
import TendonSpec
import Testing

@testable import tendon

@Suite("Files and variables")
struct ConnectionTests {
  /// A folder that is removed afterwards.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "tendon-cli-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // Left to the system otherwise.
    try body(folder)
  }

  private func connection(
    server: String? = nil, tokenFile: String? = nil, _ environment: [String: String]
  ) throws -> Connection {
    try Connection(server: server, tokenFile: tokenFile, environment: environment)
  }

  @Test("Options go before variables, and the token before its file.")
  func order() throws {
    try withFolder { folder in
      try "  filed\n".write(toFile: folder + "/t", atomically: true, encoding: .utf8)
      let all = [
        "TENDON_SERVER": "http://b:2", "TENDON_TOKEN": "direct", "TENDON_TOKEN_FILE": folder + "/t",
      ]
      #expect(try connection(all).address.description == "http://b:2")
      #expect(try connection(server: "a:1", all).address.description == "http://a:1")
      #expect(try connection(all).token == "direct")
      #expect(try connection(tokenFile: folder + "/t", all).token == "filed")
      #expect(
        try connection([
          "TENDON_SERVER": "b", "TENDON_TOKEN": "", "TENDON_TOKEN_FILE": folder + "/t",
        ])
        .token == "filed")
    }
  }

  @Test("What is missing is named with what to set.")
  func missing() {
    let noServer = #expect(throws: CLIError.self) { try connection(["TENDON_TOKEN": "t"]) }
    #expect(noServer?.description.contains("TENDON_SERVER") == true)
    let noToken = #expect(throws: CLIError.self) { try connection(["TENDON_SERVER": "a"]) }
    #expect(noToken?.description.contains("TENDON_TOKEN_FILE") == true)
  }

  @Test(
    "A token that could not stand in a header is refused.", arguments: ["a\nb", "a b", "数", " \n"])
  func badToken(_ token: String) {
    #expect(throws: CLIError.self) {
      try connection(["TENDON_SERVER": "a", "TENDON_TOKEN": token])
    }
  }

  @Test("Spec files are read by name, folders by their YAML and JSON files, in order.")
  func specFiles() throws {
    try withFolder { folder in
      for name in ["b.yaml", "a.json", "c.yml", "d.txt", ".e.yaml"] {
        try name.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      }
      let files = SpecFiles([folder, folder, "-"]) { Data("from stdin".utf8) }
      #expect(files.errors.isEmpty)
      #expect(files.sources.map(\.text) == ["a.json", "b.yaml", "c.yml", "from stdin"])
      #expect(files.sources.first?.name == "\(folder)/a.json")
    }
  }

  @Test("Each file that cannot be read is told, with its name.")
  func unreadable() throws {
    try withFolder { folder in
      try Data([0xFF, 0xFE]).write(to: URL(filePath: folder + "/binary.yaml"))
      try FileManager.default.createDirectory(
        atPath: folder + "/empty", withIntermediateDirectories: true)
      let files = SpecFiles([folder + "/binary.yaml", folder + "/nix", folder + "/empty"]) {
        Data()
      }
      #expect(files.sources.isEmpty)
      #expect(
        files.errors.map { $0.description.dropFirst(folder.count) } == [
          "/binary.yaml: is not UTF-8 text", "/nix: cannot be read: no such file",
          "/empty: is a folder without .yaml, .yml or .json files",
        ])
    }
  }
}
