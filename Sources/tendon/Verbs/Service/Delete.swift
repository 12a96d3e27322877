// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Delete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Delete services and end their instances.")

  @OptionGroup var global: GlobalOptions

  @Argument(transform: ServiceName.init(_:))
  var services: [ServiceName]

  @Flag(help: "Wait until the last instance has ended.")
  var wait = false

  @Option(help: "How long --wait waits at most.")
  var timeout = WaitTime.standard

  func run() async throws {
    try await global.withClient { client in
      for service in services {
        try await global.console.print(client.delete(service).message)
      }
      if wait { try await Waiting(limit: timeout.span).untilGone(services, client) }
    }
  }
}
