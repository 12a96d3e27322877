// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

/// What `get reservations` and `reserve list` take, and do.
struct ReservationList: ParsableArguments {
  @OptionGroup var list: ListOptions

  @Argument(help: "Only this reservation.", transform: ReservationName.init(_:))
  var name: ReservationName?

  func run(_ global: GlobalOptions) async throws {
    var lister = Lister<ReservationView>(console: global.console, format: list.output)
    try await global.withClient { client in
      if list.watch {
        if let name { lister.keeps = { $0.name == name } }
        try await lister.watch(client.watchReservations())
      } else if let name {
        try await lister.show(one: client.reservation(name))
      } else {
        try await lister.show(client.reservations())
      }
    }
  }
}

struct GetReservations: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reservations",
    abstract: "List reservations: used of what is held, and where (reserve list).",
    aliases: ["reservation"])

  @OptionGroup var global: GlobalOptions
  @OptionGroup var arguments: ReservationList

  func run() async throws { try await arguments.run(global) }
}
