// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FoundationEssentials
import TendonClient
import TendonModel

struct Version: AsyncParsableCommand {
  /// Both versions, as `-o json` shows them.
  struct Versions: Codable {
    var client: String
    var server: VersionView?
  }

  static let configuration = CommandConfiguration(
    abstract: "Print the versions of this program and of the coordinator.")

  @OptionGroup var global: GlobalOptions
  @OptionGroup var show: ShowOptions

  @Flag(help: "Do not ask the coordinator.")
  var client = false

  func run() async throws {
    if client {
      try print(nil, of: nil)
    } else if global.server == nil
      && (ProcessInfo.processInfo.environment["TENDON_SERVER"] ?? "").isEmpty
    {
      try print(nil, of: nil)
      try global.console.note(
        "no coordinator is named: set TENDON_SERVER to ask for its version too")
    } else {
      try await global.withClient { client in
        try await print(client.version(), of: client.address.description)
      }
    }
  }

  private func print(_ server: VersionView?, of address: String?) throws {
    let versions = Versions(client: tendonVersion, server: server)
    try show.show(versions, on: global.console) {
      try global.console.print("client  \(tendonVersion)")
      if let server {
        try global.console.print(
          "server  \(server.version), start \(server.coordinatorEpoch), revision \(server.revision)"
            + (address.map { ", at \($0)" } ?? ""))
      }
    }
  }
}
