// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Host: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take hosts out of use, empty them, or say that they are dead.",
    subcommands: [
      CordonHosts.self, UncordonHosts.self, DrainHosts.self, TaintHosts.self,
      UntaintHosts.self, ConfirmHostsDown.self,
    ])
}

/// The hosts that a command is about.
struct HostArguments: ParsableArguments {
  @Argument(help: "One host or more.", transform: HostID.init(_:))
  var hosts: [HostID]

  func validate() throws {
    if hosts.isEmpty { throw ValidationError("name a host") }
  }

  /// One after the other, so that the first refusal says which it is of.
  func each(
    _ global: GlobalOptions,
    _ change: (TendonClient, HostID) async throws -> ChangeResponse
  ) async throws {
    try await global.withClient { client in
      for host in hosts { try await global.console.print(change(client, host).message) }
    }
  }
}

struct CordonHosts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cordon", abstract: "Place nothing new on hosts; what runs there stays.")

  @OptionGroup var global: GlobalOptions
  @OptionGroup var arguments: HostArguments

  @Option(help: ArgumentHelp("Why, for people.", valueName: "text"))
  var reason: String?

  func run() async throws {
    try await arguments.each(global) { try await $0.cordon($1, CordonRequest(reason: reason)) }
  }
}

struct UncordonHosts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uncordon", abstract: "Use hosts again; a drain under way ends where it is.")

  @OptionGroup var global: GlobalOptions
  @OptionGroup var arguments: HostArguments

  func run() async throws { try await arguments.each(global) { try await $0.uncordon($1) } }
}

struct ConfirmHostsDown: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm-down", abstract: "Say that hosts are dead for certain.",
    discussion: """
      Their instances are placed elsewhere at once, also while the brake is on because many hosts went quiet \
      together. Say it only of hosts whose power is off: one that lives goes on running what it has until it hears \
      the coordinator again. A host that is heard is refused.
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var arguments: HostArguments

  func run() async throws { try await arguments.each(global) { try await $0.confirmDown($1) } }
}
