// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SystemPackage
import TendonLab
import TendonLabClient
import TendonModel
import TendonSpec

@main
struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tendon-demo",
    abstract: "Shows Tendon on a cluster of real hosts: balance, live resize, and three failures.",
    discussion: """
      Brings up a lab of three hosts, each with a Linux kernel of its own, runs the website of \
      examples/website on them, and shows each promise with what the hosts' kernels say. The lab \
      stays up afterwards: `tendon-lab env --name demo` tells how to look around, \
      `tendon-lab down --name demo` ends it.
      """)

  @Option(help: "How many hosts to bring up.")
  var hosts = 3

  @Option(help: "The lab's name.")
  var name = "demo"

  @Option(help: "The folder with the website's specs.")
  var specs = "examples/website"

  @Option(help: "Where to write what was measured, as JSON.")
  var out = ".build/demo.json"

  func validate() throws {
    guard hosts >= 2 else { throw ValidationError("--hosts: a failure needs at least 2 hosts") }
  }

  func run() async throws {
    let stage = Stage()
    do {
      let services = try readSpecs()
      try await DemoRun(stage: stage, name: name, hosts: hosts, services: services, out: out).run()
    } catch {
      stage.fail("\(error)")
      throw ExitCode.failure
    }
  }

  private func readSpecs() throws -> [ServiceSpec] {
    let sources = try ["dynamic.yaml", "static.yaml"].map { file in
      let path = "\(specs)/\(file)"
      return SpecSource(name: path, text: try TextFile.read(path))
    }
    let result = SpecParser.parse(sources)
    guard result.errors.isEmpty else {
      throw LabClusterError(result.errors.map(\.description).joined(separator: "\n"))
    }
    return result.specs
  }
}

/// Whole small files.
enum TextFile {
  static func read(_ path: String) throws -> String {
    let file = try FileDescriptor.open(FilePath(path), .readOnly)
    return try file.closeAfter {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65536)
      while true {
        let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
        guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes += buffer[..<count]
      }
    }
  }

  static func write(_ text: String, to path: String) throws {
    let file = try FileDescriptor.open(
      FilePath(path), .writeOnly, options: [.create, .truncate],
      permissions: [.ownerReadWrite, .groupRead, .otherRead])
    _ = try file.closeAfter { try file.writeAll(text.utf8) }
  }
}
