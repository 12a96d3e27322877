// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SystemPackage
import TendonLab

struct UpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Make a lab and boot all its hosts.")

  @OptionGroup var lab: LabOptions

  @Option(help: "How many hosts.")
  var hosts = 3

  @Option(
    help: "Memory of each host, like 512M or 1G (default: 512M, under systemd 1536M).",
    transform: parseMemory)
  var hostMemory: UInt64?

  @Option(help: "What hosts are made of: uml, netns or auto.")
  var driver = LabDriver.auto

  @Flag(help: "Boot the hosts under systemd, without agents: those are installed as packages.")
  var systemd = false

  @Option(help: "Folder of Tendon's programs (else $TENDON_BIN, else where this one is).")
  var bin: String?

  @Flag(name: .customLong("no-coordinator"), help: "Run no coordinator; agents wait for one.")
  var withoutCoordinator = false

  @Flag(name: .customLong("no-agent"), help: "Run no agents.")
  var withoutAgent = false

  @Option(parsing: .unconditionalSingleValue, help: "A further argument for every agent.")
  var agentArgument: [String] = []

  @Option(parsing: .unconditionalSingleValue, help: "A further argument for the coordinator.")
  var coordinatorArgument: [String] = []

  func run() async throws {
    var configuration = LabConfiguration(name: lab.name, hosts: hosts, directory: lab.directory)
    configuration.systemd = systemd
    configuration.hostMemoryBytes = hostMemory ?? (systemd ? 1536 << 20 : 512 << 20)
    configuration.driver = driver
    if let bin { configuration.binaries = FilePath(bin) }
    configuration.runsCoordinator = !withoutCoordinator
    configuration.runsAgents = !withoutAgent
    configuration.agentArguments = agentArgument
    configuration.coordinatorArguments = coordinatorArgument
    configuration.endsWithThisProcess = false
    let clock = ContinuousClock()
    let start = clock.now
    let made = try await Lab.up(configuration)
    let took = start.duration(to: clock.now).formattedSeconds
    print("lab '\(made.name)' is up in \(took) s: \(made.hosts.joined(separator: ", "))")
    print(made.environmentLines())
    if let dashboard = try made.dashboardURL() { print("# dashboard: \(dashboard)") }
  }
}

extension LabDriver: ExpressibleByArgument {}

private func parseMemory(_ text: String) throws -> UInt64 {
  guard let bytes = MemorySize.bytes(text) else {
    throw ValidationError("'\(text)' is not a memory size; write 512M or 1G")
  }
  return bytes
}

extension Duration {
  /// Seconds with one decimal place.
  var formattedSeconds: String {
    let tenths = components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
    return "\(tenths / 10).\(tenths % 10)"
  }
}
