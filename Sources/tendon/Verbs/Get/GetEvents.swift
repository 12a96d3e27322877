// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct GetEvents: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "List what happened, oldest first.", aliases: ["event"])

  @OptionGroup var global: GlobalOptions
  @OptionGroup var list: ListOptions

  @Argument(
    help: "Only about this service (web) or instance (web.0).", transform: SubjectArgument.init(_:))
  var name: SubjectArgument?

  @Option(help: "Only about this service.", transform: ServiceName.init(_:))
  var service: ServiceName?

  @Option(help: "Only about this host.", transform: HostID.init(_:))
  var host: HostID?

  @Option(help: "Only about this reservation.", transform: ReservationName.init(_:))
  var reservation: ReservationName?

  @Option(help: "Only after this revision.")
  var since: UInt64?

  @Option(help: "Only the newest so many.")
  var limit: Int?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
    if service != nil && name != nil {
      throw ValidationError("give a name or --service, not both")
    }
  }

  func run() async throws {
    var filter = EventFilter(
      service: service, host: host, reservation: reservation, since: since.map(Revision.init(_:)),
      limit: limit)
    switch name {
    case .service(let name): filter.service = name
    case .instance(let id): filter.instance = id
    case nil: break
    }
    let lister = Lister<ClusterEvent>(console: global.console, format: list.output)
    try await global.withClient { client in
      if list.watch {
        try await lister.watch(client.watchEvents(filter))
      } else {
        try await lister.show(client.events(filter))
      }
    }
  }
}
