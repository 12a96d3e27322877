// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import TendonAgent
import TendonClient
import TendonModel

struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tendon-agent",
    abstract: "Runs a host's instances: one per host, as root.",
    discussion: """
      Instances are children of tendon-init and live on when the agent ends, crashes or is upgraded. \
      Standard output and error go to LOG-DIR/INSTANCE/EPOCH.stdout and .stderr, within the space \
      that the spec's logs section gives them.
      """,
    version: tendonVersion)

  @Option(help: "The coordinator's address: http://HOST:PORT.")
  var coordinator: String
  @Option(help: "A file with the cluster's join token.")
  var joinTokenFile: String
  @Option(help: "This host's name in the cluster.")
  var hostName: String
  @Option(help: "Where placements are remembered, over reboots too.")
  var stateDir: String
  @Option(help: "Where tendon-init's socket lies.")
  var runDir = "/run/tendon"
  @Option(help: "Where instances' output goes (default: STATE-DIR/logs).")
  var logDir: String?
  @Option(
    help: "Holds the instances' own folders; io limits apply to its disk (default: STATE-DIR/work)."
  )
  var workDir: String?
  @Option(help: "The cgroup that instances live below (default: tendon, below the cgroup2 mount).")
  var cgroupRoot: String?
  @Option(
    help: "Where others reach the instances (default: this host's address towards the coordinator)."
  )
  var advertise: String?
  @Option(name: .customLong("label"), help: "A label, KEY=VALUE; may be given again.")
  var labels: [String] = []
  @Option(help: "CPU kept for the system.")
  var reserveCPU = "0"
  @Option(help: "Memory kept for the system.")
  var reserveMemory = "64Mi"
  @Option(help: "CPUs to offer instead of what the host has.")
  var cpus: String?
  @Option(help: "Memory to offer instead of what the host has.")
  var memory: String?
  @Option(
    name: .customLong("capacity"),
    help: ArgumentHelp(
      "What else the host has to give out: instances, pids, disk, io-read, io-write, io-read-ops, io-write-ops, or "
        + "devices by a name, such as gpu=2; may be given again.", valueName: "name=amount"))
  var capacities: [String] = []
  @Option(
    name: .customLong("init"), help: "The program tendon-init (default: beside this program).")
  var initPath: String?

  @Flag(
    help: ArgumentHelp(
      "Start without cgroup controllers, so without limits: for measurements.", visibility: .hidden)
  )
  var noControllers = false

  mutating func run() async throws {
    try await Agent(try configuration()).run()
  }

  private func configuration() throws -> AgentConfiguration {
    var configuration = AgentConfiguration(
      coordinator: try checked { try ServerAddress(coordinator) }, joinToken: try joinToken(),
      host: try checked { try HostID(hostName) }, stateDirectory: try absolute(stateDir),
      runDirectory: try absolute(runDir), initPath: try initPath ?? Self.besideOurselves(),
      instancePath: environment("PATH") ?? Self.fallbackPath)
    if let logDir { configuration.logDirectory = try absolute(logDir) }
    if let workDir { configuration.workDirectory = try absolute(workDir) }
    configuration.cgroupRoot = cgroupRoot
    if noControllers { configuration.requiredControllers = [] }
    configuration.advertisedAddress = advertise
    configuration.labels = try parsedLabels()
    for capacity in capacities {
      try checked { try configuration.countables.set(capacity) }
    }
    configuration.reservedCPU = try checked { try MilliCPU(reserveCPU) }
    configuration.reservedMemory = try checked { try Bytes(reserveMemory) }
    configuration.cpuOverride = try cpus.map { text in try checked { try MilliCPU(text) } }
    configuration.memoryOverride = try memory.map { text in try checked { try Bytes(text) } }
    return configuration
  }

  /// Bad input becomes a usage error.
  private func checked<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch { throw ValidationError("\(error)") }
  }

  private func parsedLabels() throws -> [String: String] {
    var result: [String: String] = [:]
    for label in labels {
      guard let equals = label.firstIndex(of: "="), equals != label.startIndex else {
        throw ValidationError("label \"\(label)\" must be KEY=VALUE")
      }
      result[String(label[..<equals])] = String(label[label.index(after: equals)...])
    }
    return result
  }

  private func absolute(_ path: String) throws -> String {
    if path.hasPrefix("/") { return path }
    guard let current = getcwd(nil, 0) else {
      throw ValidationError("\(path) is relative, and there is no current directory")
    }
    defer { free(current) }
    return String(cString: current) + "/" + path
  }

  private func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private func joinToken() throws -> String {
    do {
      return try TokenFile.read(joinTokenFile)
    } catch {
      throw AgentError.state(error)
    }
  }

  private static let fallbackPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  private static func besideOurselves() throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { throw ValidationError("give --init: /proc/self/exe cannot be read") }
    let own = buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    return own[..<(own.lastIndex(of: "/") ?? own.startIndex)] + "/tendon-init"
  }
}
