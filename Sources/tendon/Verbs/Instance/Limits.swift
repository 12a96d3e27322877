// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Limits: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show an instance's limits: asked for, written, and held by the kernel right now.")

  @OptionGroup var global: GlobalOptions
  @OptionGroup var show: ShowOptions

  @Argument(transform: SubjectArgument.instance(_:))
  var instance: InstanceID

  func run() async throws {
    try await global.withClient { client in
      let limits = try await client.limits(of: instance)
      try show.show(limits, on: global.console) {
        let console = global.console
        let name = Style.heading.applied(to: limits.id.description, hasColours: console.hasColours)
        let pid = limits.pid.map { "pid \($0)" } ?? "no process"
        try console.print("\(name) on \(limits.host), \(pid)")
        try console.print(KnobTable.text(limits.knobs, hasColours: console.hasColours))
      }
    }
  }
}
