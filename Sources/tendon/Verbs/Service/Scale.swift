// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Scale: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change how many replicas a service has.")

  @OptionGroup var global: GlobalOptions

  @Argument(transform: ServiceName.init(_:))
  var service: ServiceName

  @Argument(help: "How many instances are wanted; 0 stops them all.")
  var replicas: Int

  func validate() throws {
    guard (0...ServiceSpec.largestReplicas).contains(replicas) else {
      throw ValidationError("replicas must be 0 to \(ServiceSpec.largestReplicas)")
    }
  }

  func run() async throws {
    try await global.withClient { client in
      try await global.console.print(client.scale(service, to: replicas).message)
    }
  }
}
