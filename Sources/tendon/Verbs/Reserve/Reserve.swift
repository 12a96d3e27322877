// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Reserve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Hold capacity in advance, for services to come.",
    subcommands: [
      CreateReservation.self, ListReservations.self, ShowReservation.self, DeleteReservations.self,
    ])
}

struct ListReservations: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List reservations: used of what is held, and where.")

  @OptionGroup var global: GlobalOptions
  @OptionGroup var arguments: ReservationList

  func run() async throws { try await arguments.run(global) }
}

struct ShowReservation: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Explain a reservation: where it is held, who draws on it, what is missing.")

  @OptionGroup var global: GlobalOptions
  @OptionGroup var show: ShowOptions

  @Argument(transform: ReservationName.init(_:))
  var name: ReservationName

  func run() async throws {
    try await global.withClient { client in
      try await Why.show(client.why(name), show, on: global.console)
    }
  }
}

struct DeleteReservations: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Give reservations up; what draws on them runs on.")

  @OptionGroup var global: GlobalOptions

  @Argument(help: "One reservation or more.", transform: ReservationName.init(_:))
  var names: [ReservationName]

  func validate() throws {
    if names.isEmpty { throw ValidationError("name a reservation") }
  }

  func run() async throws {
    try await global.withClient { client in
      for name in names { try await global.console.print(client.delete(name).message) }
    }
  }
}
