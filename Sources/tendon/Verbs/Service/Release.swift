// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Release: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Place instances again that were quarantined.",
    discussion: """
      An instance under which one host after the other went down is not placed any more; tendon why INSTANCE says \
      so. This forgets what is held against it, or against all instances of a service.
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(help: "A service, or an instance such as web.0.", transform: SubjectArgument.init(_:))
  var subject: SubjectArgument

  func run() async throws {
    try await global.withClient { client in
      let answer =
        switch subject {
        case .service(let name): try await client.release(name)
        case .instance(let id): try await client.release(id)
        }
      try global.console.print(answer.message)
    }
  }
}
