// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct GetServices: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "services", abstract: "List services.", aliases: ["service", "svc"])

  @OptionGroup var global: GlobalOptions
  @OptionGroup var list: ListOptions

  @Argument(help: "Only this service.", transform: ServiceName.init(_:))
  var name: ServiceName?

  func run() async throws {
    var lister = Lister<ServiceView>(console: global.console, format: list.output)
    try await global.withClient { client in
      if list.watch {
        if let name { lister.keeps = { $0.spec.name == name } }
        try await lister.watch(client.watchServices())
      } else if let name {
        try await lister.show(one: client.service(name))
      } else {
        try await lister.show(client.services())
      }
    }
  }
}
