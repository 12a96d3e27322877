// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

/// What `get instances` and `ps` take, and do.
struct InstanceList: ParsableArguments {
  @OptionGroup var list: ListOptions

  @Argument(
    help: "Only this instance (web.0) or this service's (web).", transform: SubjectArgument.init(_:)
  )
  var name: SubjectArgument?

  @Option(help: "Only this service's.", transform: ServiceName.init(_:))
  var service: ServiceName?

  @Option(help: "Only those on this host.", transform: HostID.init(_:))
  var host: HostID?

  func run(_ global: GlobalOptions) async throws {
    var lister = Lister<InstanceView>(console: global.console, format: list.output)
    let id: InstanceID? = if case .instance(let id) = name { id } else { nil }
    lister.keeps = { view in
      (id == nil || view.id == id) && (host == nil || view.host == host)
        && (service == nil || view.id.service == service)
    }
    let asked = name?.service ?? service
    try await global.withClient { client in
      if list.watch {
        try await lister.watch(client.watchInstances(of: asked))
      } else if let id {
        try await lister.show(one: client.instance(id))
      } else {
        try await lister.show(client.instances(of: asked))
      }
    }
  }
}

struct GetInstances: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "instances", abstract: "List instances.", aliases: ["instance"])

  @OptionGroup var global: GlobalOptions
  @OptionGroup var arguments: InstanceList

  func run() async throws { try await arguments.run(global) }
}

struct ListInstances: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps", abstract: "List instances (get instances).")

  @OptionGroup var global: GlobalOptions
  @OptionGroup var arguments: InstanceList

  func run() async throws { try await arguments.run(global) }
}
