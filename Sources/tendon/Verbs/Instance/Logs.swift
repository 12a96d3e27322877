// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Logs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the output of instances.",
    discussion: """
      Without --stdout or --stderr both are printed, standard output first. A service stands for all its \
      instances. The lines of several instances begin with the instance's name. Following goes on when an \
      instance is started again or moves to another host, and ends when it is gone or will not run again.
      """)

  /// The most instances that are followed at once: each takes a connection.
  static let mostFollowed = 64

  @OptionGroup var global: GlobalOptions

  @Argument(help: "web.0, or web for all its instances.", transform: SubjectArgument.init(_:))
  var subjects: [SubjectArgument]

  @Flag(name: [.short, .customLong("follow")], help: "Go on with what is appended.")
  var follow = false

  @Option(help: ArgumentHelp("Only the last lines, of each instance.", valueName: "lines"))
  var tail: Int?

  @Option(
    help: ArgumentHelp(
      "Only what was written since, exact to a second or so: 10m, or 2026-01-31T15:04:05Z.",
      valueName: "time"),
    transform: LogMoment.init(_:))
  var since: LogMoment?

  @Flag(name: [.short, .customLong("previous")], help: "The run before the present one.")
  var previous = false

  @Flag(exclusivity: .exclusive, help: "Only this stream.")
  var stream: LogRequest.Stream?

  @Flag(inversion: .prefixedNo, help: "Begin lines with the instance's name.")
  var prefix: Bool?

  func validate() throws {
    if let tail, tail < 0 { throw ValidationError("--tail must not be negative") }
    if subjects.isEmpty { throw ValidationError("name an instance or a service") }
    if previous && follow {
      throw ValidationError("--previous is of a run that is over: nothing is left to --follow")
    }
  }

  func run() async throws {
    let request = LogRequest(
      stream: stream, tailLines: tail, since: since, previous: previous, follow: follow)
    try await global.withClient { client in
      let instances = try await instances(client)
      let console = global.console
      let hasPrefix = prefix ?? (instances.count > 1)
      let width = instances.map(\.description.count).max() ?? 0
      guard follow else {
        for id in instances {
          var printer = LogPrinter(
            console: console, prefix: hasPrefix ? LogPrefix.of(id, width: width, console) : nil)
          for try await chunk in try await client.logs(of: id, request) {
            try printer.print(chunk)
          }
          try printer.finish()
        }
        return
      }
      guard instances.count <= Self.mostFollowed else {
        throw CLIError.badInput(
          "these are \(instances.count) instances, and at most \(Self.mostFollowed) can be followed at once"
        )
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for id in instances {
          let printer = LogPrinter(
            console: console, prefix: hasPrefix ? LogPrefix.of(id, width: width, console) : nil)
          let follower = LogFollower(client: client, id: id, request: request, printer: printer)
          group.addTask {
            var follower = follower
            try await follower.run()
          }
        }
        try await group.waitForAll()
      }
    }
  }

  /// The instances that the arguments name, each once.
  private func instances(_ client: TendonClient) async throws -> [InstanceID] {
    var found: [InstanceID] = []
    for subject in subjects {
      switch subject {
      case .instance(let id): found.append(id)
      case .service(let name):
        // Also says so where there is no such service.
        let views = try await client.instances(of: client.service(name).spec.name)
        guard !views.isEmpty else { throw CLIError.notFound("\(name) has no instances") }
        found += views.map(\.id)
      }
    }
    var seen: Set<InstanceID> = []
    return found.filter { seen.insert($0).inserted }
  }
}

extension LogRequest.Stream: EnumerableFlag {}
