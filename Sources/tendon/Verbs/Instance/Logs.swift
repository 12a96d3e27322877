// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Logs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print an instance's output.",
    discussion: "Without --stdout or --stderr both are printed, standard output first.")

  @OptionGroup var global: GlobalOptions

  @Argument(transform: SubjectArgument.instance(_:))
  var instance: InstanceID

  @Flag(name: [.short, .customLong("follow")], help: "Go on with what is appended.")
  var follow = false

  @Option(help: ArgumentHelp("Only the last lines.", valueName: "lines"))
  var tail: Int?

  @Flag(exclusivity: .exclusive, help: "Only this stream.")
  var stream: LogRequest.Stream?

  func validate() throws {
    if let tail, tail < 0 { throw ValidationError("--tail must not be negative") }
  }

  func run() async throws {
    try await global.withClient { client in
      let request = LogRequest(stream: stream, tailLines: tail, follow: follow)
      for try await chunk in try await client.logs(of: instance, request) {
        try global.console.write(chunk)
      }
    }
  }
}

extension LogRequest.Stream: EnumerableFlag {}
