// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel
import TendonSpec

struct Inspect: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case yaml, json
  }

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case service, instance, host
  }

  static let configuration = CommandConfiguration(
    abstract: "Show all that is known of a service, an instance or a host.")

  @OptionGroup var global: GlobalOptions

  @Argument(help: "web, web.0 or a host's name; a service goes before a host of the same name.")
  var subject: String

  @Option(name: [.short, .customLong("output")], help: "yaml or json: the API's object.")
  var output = Format.yaml

  @Option(help: "Look only for this kind of thing.")
  var kind: Kind?

  @Flag(help: "Only a service's spec, fit to be applied again.")
  var spec = false

  func run() async throws {
    let subject = try SubjectArgument(subject)
    try await global.withClient { client in
      switch (subject, kind) {
      case (.instance(let id), nil), (.instance(let id), .instance):
        try await print(client.instance(id))
      case (.instance, let kind?):
        throw CLIError.badInput("\"\(self.subject)\" names an instance, not a \(kind.rawValue)")
      case (.service(let name), .host): try await print(client.host(HostID(name.rawValue)))
      case (.service(let name), .service): try await print(client.service(name))
      case (.service(let name), .instance):
        throw CLIError.badInput("an instance is named like \(name).0")
      case (.service(let name), nil): try await inspectByName(name, client)
      }
    }
  }

  private func inspectByName(_ name: ServiceName, _ client: TendonClient) async throws {
    do {
      try await print(client.service(name))
    } catch ClientError.refused(let refusal, _) where refusal.code == .notFound {
      do {
        try await print(client.host(HostID(name.rawValue)))
      } catch ClientError.refused(let refusal, _) where refusal.code == .notFound {
        throw CLIError.notFound("there is no service and no host named \(name)")
      }
    }
  }

  private func print(_ view: some Encodable) throws {
    if spec {
      guard let service = view as? ServiceView else {
        throw CLIError.badInput("--spec is for services")
      }
      try global.console.print(SpecWriter.yaml(service.spec).trimmed(of: \.isNewline))
      return
    }
    switch output {
    case .yaml: try global.console.print(Structured.yaml(view))
    case .json: try global.console.print(Structured.json(view))
    }
  }
}
