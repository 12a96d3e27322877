// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
package import SystemPackage
import TendonModel

/// Finds the host's tendon-init, or starts it where none answers.
package struct InitLauncher: Sendable {
  /// The static program.
  package var executable: String
  /// Absolute, at most 101 bytes. Its directory exists.
  package var socketPath: String
  /// Directory of the cgroup it lives in (`holder`); nil: ours.
  package var cgroup: FileDescriptor?

  package init(executable: String, socketPath: String, cgroup: FileDescriptor?) {
    self.executable = executable
    self.socketPath = socketPath
    self.cgroup = cgroup
  }

  /// Connects to the tendon-init that runs, or starts one. Two callers at once end up with the
  /// same one: it locks its path.
  /// - Returns: the client, and whether tendon-init was started just now, so that nothing is known
  ///   of instances that may run.
  /// - Throws: `.launch` with its own words when it could not start.
  package func connect() async throws(InitError) -> (client: InitClient, wasStarted: Bool) {
    for _ in 0..<Self.goneUnderUs {
      do {
        return try await connectOnce()
      } catch .disconnected {
        // It took the connection and ended, or became another: the next moment tells.
        // Cancelled: the caller's own try is the last.
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
    return try await connectOnce()
  }

  /// How often it may end right after it was connected to.
  private static let goneUnderUs = 10

  private func connectOnce() async throws(InitError) -> (client: InitClient, wasStarted: Bool) {
    do {
      return (try await InitClient.connect(path: socketPath), false)
    } catch .connect(_, let errno) where errno == ENOENT || errno == ECONNREFUSED {
      // Nobody there.
    } catch .rejected(let code, _) where Int(code) == TENDON_INIT_UNKNOWN_VERSION {
      try await InitClient.upgradeUnasked(path: socketPath, to: executable)
      return (try await InitClient.connect(path: socketPath), false)
    }
    let failure = try await start()
    do {
      return (try await InitClient.connect(path: socketPath), failure == nil)
    } catch {
      throw failure.map { .launch(text: $0) } ?? error
    }
  }

  /// Starts it and waits until its socket can be connected to: the process that we start goes to
  /// the background and returns then.
  /// - Returns: nil, or what it said when it failed.
  private func start() async throws(InitError) -> String? {
    let launcher = self
    let result: Result<String?, InitError>
    do {
      result = try await BlockingThread.run {
        do throws(InitError) { return .success(try launcher.startBlocking()) } catch {
          return .failure(error)
        }
      }
    } catch {
      throw .system(call: error.call, errno: error.errno)
    }
    return try result.get()
  }

  private func startBlocking() throws(InitError) -> String? {
    let (text, status) = try runBlocking(["--socket", socketPath], in: cgroup)
    guard !status.isSuccess else { return nil }
    return text.isEmpty ? status.description : text
  }

  /// Runs the program until it closes its output, which it does when it goes to the background.
  func runBlocking(
    _ arguments: [String], in cgroup: FileDescriptor?
  ) throws(InitError) -> (text: String, status: ExitStatus) {
    var ends: [Int32] = [-1, -1]
    let error = tendon_pipe(&ends)
    guard error == 0 else { throw .system(call: "pipe2", errno: -error) }
    defer { close(ends[0]) }
    var command = ChildProcess.Command(arguments: [executable] + arguments)
    command.cgroup = cgroup
    command.directory = "/"
    command.output = FileDescriptor(rawValue: ends[1])
    command.error = FileDescriptor(rawValue: ends[1])
    let started: Result<ChildProcess, InitError>
    do {
      started = .success(try ChildProcess(command))
    } catch {
      started = .failure(.spawn(error))
    }
    close(ends[1])
    let process = try started.get()
    do {
      // In the background it has /dev/null for stderr, so the text ends when its start does.
      let text = readAll(ends[0])
      return (text, try process.wait())
    } catch {
      throw .system(call: error.call, errno: error.errno)
    }
  }

  /// At most 4 KiB of text, without the newline at its end.
  private func readAll(_ fd: Int32) -> String {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 512)
    while text.count < 4096 {
      let count = read(fd, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      text += buffer[..<count]
    }
    while text.last == UInt8(ascii: "\n") { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }
}
