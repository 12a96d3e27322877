// SPDX-License-Identifier: Apache-2.0
import Foundation
import SystemPackage
import TendonLab
import TendonLabClient

/// The built program `tendon`, as a user in a shell runs it.
struct CLI {
  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  let program: String
  var environment: [String: String]

  init(_ cluster: LabCluster) {
    program = LabConfiguration.defaultBinaries().appending("tendon").string
    environment = [
      "PATH": "/usr/bin:/bin", "TENDON_SERVER": cluster.lab.serverURL,
      "TENDON_TOKEN_FILE": cluster.lab.paths.apiToken.string,
    ]
  }

  /// The folder with `Package.swift`, found from where this file was compiled.
  static let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Runs `tendon ARGUMENTS` in the repository's folder and returns when it has ended.
  func run(_ arguments: String..., input: String = "") async throws -> Result {
    try await run(program, arguments, input)
  }

  func run(words: [String]) async throws -> Result { try await run(program, words, "") }

  /// The same on a terminal of 99 columns and 33 rows, which script(1) makes. Both streams are its output.
  func inTerminal(_ arguments: String..., input: String) async throws -> Result {
    let words = ([program] + arguments).map { "'\($0)'" }.joined(separator: " ")
    return try await run(
      "/usr/bin/script", ["-qec", "stty rows 33 cols 99; exec \(words)", "/dev/null"], input)
  }

  /// Runs `tendon ARGUMENTS`, and `body` as long as it runs, with a look at the output so far.
  func run(
    _ arguments: String..., during body: @escaping (() throws -> String) async throws -> Void
  ) async throws -> Result {
    try await run(program, arguments, "", during: body)
  }

  private func run(
    _ program: String, _ arguments: [String], _ input: String,
    during body: (() throws -> String) async throws -> Void = { _ in }
  ) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tendon-cli-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
      // A temporary folder that stays behind does no harm to the test.
      try? FileManager.default.removeItem(at: folder)
    }
    let files = ["in", "out", "err"].map { folder.appending(path: $0) }
    try Data(input.utf8).write(to: files[0])
    try Data().write(to: files[1])
    try Data().write(to: files[2])
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = environment
    process.currentDirectoryURL = Self.repository
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    let (ends, end) = AsyncStream<Void>.makeStream()
    process.terminationHandler = { _ in end.finish() }
    try process.run()
    do {
      try await body { try String(contentsOf: files[1], encoding: .utf8) }
    } catch {
      process.terminate()
      throw error
    }
    for await _ in ends {}
    return Result(
      status: process.terminationStatus, output: try String(contentsOf: files[1], encoding: .utf8),
      errors: try String(contentsOf: files[2], encoding: .utf8))
  }
}
