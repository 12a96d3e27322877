// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Why: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explain why a service, an instance, a host or a reservation is as it is.")

  @OptionGroup var global: GlobalOptions
  @OptionGroup var show: ShowOptions

  @Argument(
    help: "web, web.0, or the name of a host or a reservation.", transform: SubjectArgument.init(_:)
  )
  var subject: SubjectArgument

  func run() async throws {
    try await global.withClient { client in
      try await Self.show(client.why(subject.name), show, on: global.console)
    }
  }

  static func show(_ why: WhyView, _ options: ShowOptions, on console: Console) throws {
    try options.show(why, on: console) {
      let heading = Style.heading.applied(to: why.subject, hasColours: console.hasColours)
      try console.print("\(heading): \(Cell(why.summary).text)")
      for fact in why.evidence { try console.print("  - \(Cell(fact).text)") }
      if !why.events.isEmpty {
        try console.print("")
        try Lister<ClusterEvent>(console: console, format: .table).show(why.events)
      }
    }
  }
}
