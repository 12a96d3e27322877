// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import FoundationEssentials
import Glibc
import TendonClient
import TendonModel

struct Exec: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a command inside an instance.",
    discussion: """
      The command runs in the instance's cgroup and namespaces, as the instance's user and with its \
      environment, and is ended when this program is. Its exit status is this program's; 128 and a signal's number \
      when a signal ended it.
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(transform: SubjectArgument.instance(_:))
  var instance: InstanceID

  @Flag(name: [.short, .customLong("interactive")], help: "Pass standard input on.")
  var interactive = false

  @Flag(
    name: [.short, .customLong("tty")], help: "Give it a terminal, and pass standard input on.")
  var tty = false

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Who it runs as, of the host's users; by default whoever the instance runs as.",
      valueName: "user[:group]"))
  var user: String?

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("After --: the program and its arguments."))
  var command: [String] = []

  func validate() throws {
    if command.isEmpty {
      throw ValidationError("name a command after --, such as: tendon exec \(instance) -- ls")
    }
  }

  func run() async throws {
    if tty, isatty(STDIN_FILENO) != 1 {
      throw CLIError.badInput("--tty needs a terminal as standard input; leave it away here")
    }
    let environment = ProcessInfo.processInfo.environment
    let request = ExecRequest(
      command: command, terminal: tty ? Terminal.size ?? TerminalSize(columns: 80, rows: 24) : nil,
      terminalType: tty ? environment["TERM"] ?? "xterm" : nil, hasInput: interactive || tty,
      user: user, by: Self.caller(environment))
    var status: Int32 = 0
    try await global.withClient { client in
      status = try await ExecRun(client: client, instance: instance, request: request).run()
    }
    if status != 0 { throw ExitCode(status) }
  }

  /// Who asks, for the cluster's events.
  private static func caller(_ environment: [String: String]) -> String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let machine = String(
      decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return "\(environment["USER"] ?? "uid \(getuid())")@\(machine)"
  }
}
