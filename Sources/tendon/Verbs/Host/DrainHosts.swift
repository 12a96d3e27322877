// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct DrainHosts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain", abstract: "Move everything off hosts, and place nothing new there.",
    discussion: """
      For each instance of a service a new copy is ready elsewhere before the old one stops; one that fits nowhere \
      stays, and tendon why HOST says why. Jobs run to their end, and daemons stay. The host is as it was again \
      after tendon host uncordon HOST.
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var arguments: HostArguments

  @Option(help: ArgumentHelp("Why, for people.", valueName: "text"))
  var reason: String?

  @Option(help: ArgumentHelp("How many instances may be on the way at once (4).", valueName: "n"))
  var pace: Int?

  @Option(
    help: ArgumentHelp(
      "After this time what is left of services is stopped, though nothing took its place.",
      valueName: "time"), transform: Span.init(_:))
  var deadline: Span?

  @Option(
    defaultAsFlag: WaitTime.standard,
    help: ArgumentHelp(
      "Wait until nothing is left that can leave, at most so long (60s).", valueName: "time"))
  var wait: WaitTime?

  func validate() throws {
    if let pace, !Drain.paces.contains(pace) {
      throw ValidationError(
        "--pace must be \(Drain.paces.lowerBound) to \(Drain.paces.upperBound)")
    }
    if let deadline, deadline.milliseconds <= 0 {
      throw ValidationError("--deadline must be longer than nothing")
    }
  }

  func run() async throws {
    try await arguments.each(global) {
      try await $0.drain($1, DrainRequest(reason: reason, pace: pace, deadline: deadline))
    }
    guard let wait else { return }
    try await global.withClient { client in
      let end = ContinuousClock.now + wait.span.duration
      for host in arguments.hosts {
        try await untilDrained(host, client, end: end, limit: wait.span)
      }
    }
  }

  /// Between two looks.
  private static let pause = Duration.milliseconds(200)

  private func untilDrained(
    _ host: HostID, _ client: TendonClient, end: ContinuousClock.Instant, limit: Span
  ) async throws {
    var said = ""
    while true {
      let view = try await client.host(host)
      guard let drain = view.cordon?.drain else {
        throw CLIError.notDone(
          "\(host) is not being drained any more: it was uncordoned", missing: [])
      }
      if drain.isDone {
        try global.console.print("\(host) is drained")
        return
      }
      let left = view.drain?.left ?? 0
      let words = "\(host): \(counted(left, "instance")) left"
      if words != said { try global.console.print(words) }
      said = words
      guard ContinuousClock.now < end else {
        throw CLIError.notDone(
          "\(host) is not drained after \(limit)", missing: view.drain?.blocked ?? [])
      }
      try await Task.sleep(for: Self.pause)
    }
  }
}
