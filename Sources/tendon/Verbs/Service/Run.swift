// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a job again, or a cron now.",
    discussion: "A job that is still running, and a cron whose concurrency forbids it, are refused."
  )

  @OptionGroup var global: GlobalOptions

  @Argument(transform: ServiceName.init(_:))
  var service: ServiceName

  @Option(
    defaultAsFlag: WaitTime.standard,
    help: ArgumentHelp(
      "Wait until the run has ended, at most so long (60s); fails when the run does.",
      valueName: "time"))
  var wait: WaitTime?

  func run() async throws {
    try await global.withClient { client in
      try await global.console.print(client.run(service).message)
      guard let wait else { return }
      try await JobEnd(limit: wait.span).wait(for: [service], client, console: global.console)
    }
  }
}
