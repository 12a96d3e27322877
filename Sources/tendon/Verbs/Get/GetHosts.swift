// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

/// What `get hosts` and `hosts` take, and do.
struct HostList: ParsableArguments {
  @OptionGroup var list: ListOptions

  @Argument(help: "Only this host.", transform: HostID.init(_:))
  var name: HostID?

  func run(_ global: GlobalOptions) async throws {
    var lister = Lister<HostView>(console: global.console, format: list.output)
    try await global.withClient { client in
      if list.watch {
        if let name { lister.keeps = { $0.id == name } }
        try await lister.watch(client.watchHosts())
      } else if let name {
        try await lister.show(one: client.host(name))
      } else {
        try await lister.show(client.hosts())
      }
    }
  }
}

struct GetHosts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts", abstract: "List hosts.", aliases: ["host"])

  @OptionGroup var global: GlobalOptions
  @OptionGroup var arguments: HostList

  func run() async throws { try await arguments.run(global) }
}

struct ListHosts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts", abstract: "List hosts (get hosts).")

  @OptionGroup var global: GlobalOptions
  @OptionGroup var arguments: HostList

  func run() async throws { try await arguments.run(global) }
}
