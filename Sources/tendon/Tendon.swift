// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import TendonModel

/// The command `tendon`.
@main
struct Tendon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tendon",
    abstract: "Runs services on a cluster of hosts, within limits that change while they run.",
    discussion: """
      The coordinator is named by --server or TENDON_SERVER (http://HOST:7480), the token by \
      --token-file, TENDON_TOKEN or TENDON_TOKEN_FILE.

      Exit status: 0 done, 1 failed, 2 bad input, 3 coordinator unreachable, 4 not found, 5 conflict or \
      refused.

      Shell completions: tendon --generate-completion-script bash (or zsh, fish).
      """,
    version: tendonVersion,
    groupedSubcommands: [
      CommandGroup(
        name: "Services:",
        subcommands: [
          Apply.self, Scale.self, Resize.self, Run.self, Release.self, Delete.self,
          Schema.self,
        ]),
      CommandGroup(
        name: "Hosts and capacity:",
        subcommands: [Host.self, Reserve.self, Capacity.self, Rebalance.self]),
      CommandGroup(
        name: "Looking:",
        subcommands: [
          Get.self, ListInstances.self, ListHosts.self, Inspect.self, Limits.self, Logs.self,
          Exec.self, Why.self, Version.self,
        ]),
    ])

  @OptionGroup var global: GlobalOptions

  static func main() async {
    // A reader that goes away is seen as an error of write(2), and ends the program quietly.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      Glibc.exit(Failure(error).report())
    }
  }
}
