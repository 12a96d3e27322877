// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Capacity: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell how many more instances of services would find a host.",
    discussion: """
      Each service of the files is taken by itself, whether it is applied or not, and what limits it is told. Nothing \
      is placed, and nobody makes room.
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var show: ShowOptions

  @Option(
    name: .customLong("for"), parsing: .upToNextOption,
    help: ArgumentHelp(
      "Spec files (YAML or JSON), folders of them, or - for standard input.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var files: [String]

  func run() async throws {
    let specs = try SpecFiles.specs(files)
    try await global.withClient { client in
      let view = try await client.capacity(ApplyRequest(services: specs))
      try show.show(view, on: global.console) {
        for service in view.services {
          try global.console.print(
            "\(service.name)  \(service.count)  \(service.limit ?? "and more")")
        }
      }
    }
  }
}
