// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage
import TendonAgent
import TendonClient
import TendonLinux
import TendonModel

/// A coordinator and an agent as programs of their own on this machine.
final class ProgramPair {
  let client: TendonClient
  let agent: ChildProcess
  private let coordinator: ChildProcess
  private let launcher: InitLauncher
  private static let patience = Duration.seconds(60)

  init(_ host: NativeHost) async throws {
    let data = host.folder + "/coordinator"
    // Two neighbours out of the range that the kernel hands out by itself.
    let port = 20_000 + Int(getpid()) % 10_000
    let log = try FileDescriptor.open(
      FilePath(host.folder + "/programs.log"), .writeOnly, options: [.create, .append],
      permissions: .ownerReadWrite)
    func start(_ arguments: [String]) throws -> ChildProcess {
      var command = ChildProcess.Command(
        arguments: [host.programs + "/" + arguments[0]] + arguments.dropFirst(),
        environment: ["PATH=/usr/bin:/bin"])
      command.output = log
      command.error = log
      return try ChildProcess(command)
    }
    coordinator = try start([
      "tendon-coordinator", "--data-dir", data, "--listen", "127.0.0.1:\(port)", "--udp-listen",
      "127.0.0.1:\(port + 1)",
    ])
    try await Self.wait { access(data + "/api-token", R_OK) == 0 }
    try await Self.wait { access(data + "/join-token", R_OK) == 0 }
    let state = host.folder + "/pair"
    agent = try start([
      "tendon-agent", "--coordinator", "http://127.0.0.1:\(port)", "--join-token-file",
      data + "/join-token", "--host-name", "bench", "--state-dir", state, "--run-dir",
      state + "/run", "--cgroup-root", host.cgroupRoot, "--cpus", "64", "--memory", "256Gi",
      "--no-controllers",
    ])
    try log.close()
    launcher = InitLauncher(
      executable: host.programs + "/tendon-init", socketPath: state + "/run/init.sock", cgroup: nil)
    client = TendonClient(
      address: try ServerAddress("http://127.0.0.1:\(port)"),
      token: try TokenFile.read(data + "/api-token"))
    let client = client
    try await Self.wait {
      // Not there yet.
      (try? await client.hosts())?.contains { $0.state == .ready && $0.isConnected } == true
    }
  }

  func wait(until isReached: () async throws -> Bool) async throws {
    try await Self.wait(until: isReached)
  }

  private static func wait(until isReached: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + patience
    while try await !isReached() {
      guard ContinuousClock.now < deadline else {
        throw BenchError("what was waited for did not come about within a minute")
      }
      try await Task.sleep(for: .milliseconds(25))
    }
  }

  /// The socket's other end says it; the agent connects again by itself.
  func initPID() async throws -> Int32 {
    try await launcher.connect().client.greeting.identity.pid
  }

  func end() async throws {
    try await client.shutdown()
    try agent.pidfd.send(signal: SIGTERM)
    _ = try agent.wait()
    try coordinator.pidfd.send(signal: SIGTERM)
    _ = try coordinator.wait()
    try await launcher.connect().client.shutdown()
  }
}
