// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage
import TendonModel
import Testing

@testable import TendonLinux

/// A tendon-init of a test's own, in a folder of its own, and its client.
final class InitHarness: Sendable {
  let folder: String
  let launcher: InitLauncher
  let client: InitClient

  var initPID: Int32 { client.greeting.identity.pid }

  private init(cgroup: FileDescriptor?) async throws {
    folder = try makeTemporaryFolder()
    launcher = InitLauncher(
      executable: try Self.binary.get(), socketPath: "\(folder)/init.sock", cgroup: cgroup)
    client = try await launcher.connect().client
  }

  /// Runs `body` with a tendon-init and ends it and all its children after it.
  static func with(
    cgroup: FileDescriptor? = nil, _ body: (InitHarness) async throws -> Void
  ) async throws {
    let harness = try await InitHarness(cgroup: cgroup)
    do {
      try await body(harness)
    } catch {
      try await harness.stop()
      throw error
    }
    try await harness.stop()
  }

  /// Starts a program whose output goes to the file `out` of the folder.
  func spawn(
    _ arguments: [String], name: String = "test.0", epoch: UInt64 = 1,
    environment: [String] = ["PATH=/usr/bin:/bin"], through client: InitClient? = nil,
    _ change: (inout SpawnRequest) -> Void = { _ in }
  ) async throws -> SpawnedProcess {
    let null = try FileDescriptor.open("/dev/null", .readWrite)
    let output = try FileDescriptor.open(
      FilePath("\(folder)/out"), .writeOnly, options: [.create, .append],
      permissions: .ownerReadWrite)
    defer {
      _ = Glibc.close(null.rawValue)
      _ = Glibc.close(output.rawValue)
    }
    var request = SpawnRequest(
      epoch: Epoch(epoch), instance: try InstanceID(name), arguments: arguments,
      environment: environment, cgroup: nil, input: null, output: output, error: output)
    change(&request)
    return try await (client ?? self.client).spawn(request)
  }

  /// What the program wrote, once it has ended; the exit is acknowledged.
  func output(
    of arguments: [String], environment: [String] = ["PATH=/usr/bin:/bin"],
    _ change: (inout SpawnRequest) -> Void = { _ in }
  ) async throws -> (text: String, status: TendonModel.ExitStatus) {
    let process = try await spawn(arguments, environment: environment, change)
    let exit = try await self.exit(of: process)
    try client.acknowledge(exit)
    return (try text(of: "\(folder)/out"), exit.status)
  }

  /// The exit of this process; others that come before it are passed over.
  func exit(of process: SpawnedProcess, on client: InitClient? = nil) async throws -> ExitRecord {
    for await event in (client ?? self.client).events {
      if case .exited(let exit) = event, exit.identity == process.identity { return exit }
    }
    throw HarnessError("the client was disconnected before the exit")
  }

  /// Ends whatever runs, acknowledges everything, and ends tendon-init.
  private func stop() async throws {
    let last = try await launcher.connect().client
    var running = 0
    for child in try await last.list() {
      switch child {
      case .exited(let exit): try last.acknowledge(exit)
      case .running(_, _, let process):
        running += 1
        // One that ended meanwhile is told all the same.
        try? process.pidfd.send(signal: SIGKILL)
      }
    }
    var events = last.events.makeAsyncIterator()
    while running > 0, case .exited(let exit) = await events.next() {
      try last.acknowledge(exit)
      running -= 1
    }
    try await last.shutdown()
    removeFolder(folder)
  }

  /// The program of `TENDON_BIN`, or one built just now from the sources beside this file.
  static let binary: Result<String, HarnessError> = {
    if let folder = getenv("TENDON_BIN").map({ String(cString: $0) }),
      access("\(folder)/tendon-init", X_OK) == 0
    {
      return .success("\(folder)/tendon-init")
    }
    do {
      let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
      // One folder for all runs: make rebuilds it when a source is newer.
      let folder = "\(root)/.build/tendon-init-for-tests"
      try run(["make", "-s", "-C", "\(root)/Sources/tendon-init", "BIN=\(folder)"])
      return .success("\(folder)/tendon-init")
    } catch {
      return .failure(HarnessError("tendon-init could not be built: \(error)"))
    }
  }()
}

struct HarnessError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

func makeTemporaryFolder() throws -> String {
  var template = Array("/tmp/tendon-init-test-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw HarnessError("mkdtemp: \(errnoText(errno))") }
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Runs a program to its end.
func run(_ arguments: [String]) throws {
  var command = ChildProcess.Command(
    arguments: arguments, environment: ["PATH=/usr/local/bin:/usr/bin:/bin"])
  command.error = FileDescriptor.standardError
  let status = try ChildProcess(command).wait()
  guard status.isSuccess else { throw HarnessError("\(arguments[0]) \(status)") }
}

func removeFolder(_ folder: String) {
  // A folder left behind in /tmp fails no test.
  try? run(["rm", "-rf", folder])
}

func text(of path: String) throws -> String {
  let file = try FileDescriptor.open(FilePath(path), .readOnly)
  return try file.closeAfter {
    var text: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
    defer { buffer.deallocate() }
    while case let count = try file.read(into: buffer), count > 0 { text += buffer[..<count] }
    return String(decoding: text, as: UTF8.self)
  }
}

/// A number of `/proc/PID/status`, such as `VmRSS` in KiB.
func status(_ key: String, of pid: Int32) throws -> String {
  for line in try text(of: "/proc/\(pid)/status").split(separator: "\n") {
    let parts = line.split(separator: ":", maxSplits: 1)
    if parts.count == 2, parts[0] == key {
      return String(parts[1].drop { $0 == "\t" || $0 == " " })
    }
  }
  throw HarnessError("no \(key) of \(pid)")
}

/// How many entries a folder has.
func entries(of path: String) throws -> Int {
  guard let folder = opendir(path) else { throw HarnessError("opendir: \(errnoText(errno))") }
  defer { closedir(folder) }
  var count = 0
  while let entry = readdir(folder) { count += entry.pointee.d_name.0 == 46 ? 0 : 1 }
  return count
}
