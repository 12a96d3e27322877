// SPDX-License-Identifier: Apache-2.0
import CLinux
package import SystemPackage
package import TendonModel

/// A child of this very process, for helpers that end soon. Instances are tendon-init's.
package struct ChildProcess: Sendable {
  /// What to start.
  package struct Command: Sendable {
    /// The first is the program: a path, or a name to be found in the environment's `PATH`.
    package var arguments: [String]
    /// `NAME=value`.
    package var environment: [String]
    /// nil: ours.
    package var directory: String?
    /// Directory of the cgroup to be born in. nil: ours.
    package var cgroup: FileDescriptor?
    /// Standard streams; nil is `/dev/null`. All other descriptors are closed.
    package var input: FileDescriptor?
    package var output: FileDescriptor?
    package var error: FileDescriptor?
    /// Whether it gets a session of its own (setsid(2)).
    package var ownSession = true

    package init(arguments: [String], environment: [String] = []) {
      self.arguments = arguments
      self.environment = environment
    }
  }

  package let pid: Int32
  package let pidfd: PidFD

  /// Starts a program. Blocks the thread until the program runs, some 100 microseconds.
  /// - Throws: `SpawnFailure` with the step that failed.
  package init(_ command: Command) throws(SpawnFailure) {
    var spawned = tendon_spawned()
    CStrings(command.arguments).withPointer { argv in
      CStrings(command.environment).withPointer { envp in
        var request = tendon_spawn()
        request.argv = argv
        request.envp = envp
        request.cgroup_fd = command.cgroup?.rawValue ?? -1
        request.fds = (
          command.input?.rawValue ?? -1, command.output?.rawValue ?? -1,
          command.error?.rawValue ?? -1
        )
        request.flags = command.ownSession ? UInt32(TENDON_SPAWN_SESSION) : 0
        Self.spawn(&request, in: command.directory, &spawned)
      }
    }
    guard spawned.step == 0 else {
      throw SpawnFailure(
        step: SpawnStep(rawValue: UInt32(spawned.step)), errno: spawned.error,
        program: command.arguments.first ?? "", directory: command.directory ?? "")
    }
    pid = spawned.pid
    pidfd = PidFD(adopting: spawned.pidfd)
  }

  private static func spawn(
    _ request: inout tendon_spawn, in directory: String?, _ spawned: inout tendon_spawned
  ) {
    // The answer is in `spawned` as well.
    guard let directory else {
      _ = tendon_spawn(&request, &spawned)
      return
    }
    directory.withCString {
      request.cwd = $0
      _ = tendon_spawn(&request, &spawned)
    }
  }

  /// Waits for the end and reaps it. Blocks: for a thread of its own.
  /// - Throws: `ProcessError`, with ECHILD when it was reaped before.
  package func wait() throws(ProcessError) -> ExitStatus {
    var status: Int32 = 0
    let answer = tendon_pidfd_wait(pidfd.rawValue, true, &status)
    guard answer == 1 else { throw ProcessError(call: "waitid \(pid)", errno: -answer) }
    return ExitStatus(waitStatus: status)
  }
}
