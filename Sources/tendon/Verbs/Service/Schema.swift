// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonSpec

struct Schema: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of specs, for editors.")

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try global.console.print(SpecSchema.json().trimmed(of: \.isNewline))
  }
}
