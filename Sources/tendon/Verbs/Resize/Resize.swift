// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Resize: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change the limits of running instances; nothing restarts.",
    discussion: """
      The subject is a service (web: all its instances, later ones too) or one instance (web/0 or web.0).

      --cpu and --memory take REQUEST:LIMIT. The request is what a host keeps free, the limit what the kernel \
      allows.
        500m:2   both
        500m:    only the request
        :2       only the limit
        2        only the limit, too; refused where the request is above it
      max as a limit takes the limit away.

      A memory limit below what an instance holds and can't give up is refused, and the old one stays: nothing is \
      killed. With --force it is written all the same, and the kernel kills what does not fit.

      Answers when the kernel's values were read back. Exit status 5: a changed limit is not in force.
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var show: ShowOptions

  @Argument(help: "SERVICE, SERVICE/SLOT or SERVICE.SLOT.", transform: SubjectArgument.init(_:))
  var subject: SubjectArgument

  @OptionGroup(title: "Resources") var options: ResizeOptions

  @Option(help: "How long to wait for the kernels' answers.")
  var timeout = WaitTime(span: .seconds(10))

  @Flag(help: "Write a lower memory limit even where the kernel kills the instance for it.")
  var force = false

  func run() async throws {
    try await global.withClient { client in
      let before = try await client.instances(of: subject.service)
      let response = try await client.resize(
        subject.service,
        ResizeRequest(
          slot: subject.slot, change: options.change, timeout: timeout.span,
          force: force ? true : nil))
      let result = ResizeResult(response: response, before: before, change: options.change)
      try show.show(response, on: global.console) {
        try global.console.print(result.text(hasColours: global.console.hasColours))
      }
      if !result.faults.isEmpty { throw CLIError.notInForce(result.faults) }
    }
  }
}
