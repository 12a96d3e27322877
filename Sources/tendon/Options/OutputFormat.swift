// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// How results are shown.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table, wide, json, yaml
}

/// How lists are shown.
struct ListOptions: ParsableArguments {
  @Option(
    name: [.short, .customLong("output")],
    help: "How to show it: table, wide (more columns), json or yaml (the API's objects).")
  var output: OutputFormat = .table

  @Flag(name: [.short, .customLong("watch")], help: "Show what is there, then every change.")
  var watch = false
}

/// How single things are shown.
struct ShowOptions: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, yaml
  }

  @Option(
    name: [.short, .customLong("output")],
    help: "How to show it: text, or json or yaml (the API's object).")
  var output: Format = .text

  /// Prints `value` as JSON or YAML, or calls `text`.
  func show(_ value: some Encodable, on console: Console, text: () throws -> Void) throws {
    switch output {
    case .text: try text()
    case .json: try console.print(Structured.json(value))
    case .yaml: try console.print(Structured.yaml(value))
    }
  }
}
