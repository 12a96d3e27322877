// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FoundationEssentials
import Glibc
import TendonClient

/// The options that every command takes, before or after its name.
struct GlobalOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The coordinator's address, such as http://10.0.0.1:7480 (TENDON_SERVER).", valueName: "url"))
  var server: String?

  @Option(
    name: .customLong("token-file"),
    help: ArgumentHelp(
      "The file that holds the API token (TENDON_TOKEN_FILE; TENDON_TOKEN holds the token itself).",
      valueName: "file"),
    completion: .file())
  var tokenFile: String?

  var console: Console {
    Console(
      environment: ProcessInfo.processInfo.environment, isTerminal: isatty(STDOUT_FILENO) == 1)
  }

  /// Runs `body` with a client, which is shut down afterwards.
  func withClient(_ body: (TendonClient) async throws -> Void) async throws {
    let connection = try Connection(
      server: server, tokenFile: tokenFile, environment: ProcessInfo.processInfo.environment)
    let client = TendonClient(address: connection.address, token: connection.token)
    do {
      try await body(client)
    } catch {
      // The first error is the one to tell; connections close with the process anyway.
      try? await client.shutdown()
      throw error
    }
    try await client.shutdown()
  }
}
