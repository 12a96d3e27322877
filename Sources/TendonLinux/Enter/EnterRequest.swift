// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
package import SystemPackage
package import TendonModel

/// A command to be run beside a process that runs already: in its namespaces, root, working directory and limits.
package struct EnterRequest: Sendable {
  /// The process that is joined.
  package var target: ProcessIdentity
  /// Directory of the cgroup that the command is born in.
  package var cgroup: FileDescriptor
  package var arguments: [String]
  /// nil: a pipe each for standard output and error.
  package var terminal: TerminalSize?
  /// Set in the target's environment, which the command gets.
  package var environment: [String: String] = [:]
  /// Whether something will be written to its standard input.
  package var hasInput = false
  /// nil: as the target.
  package var user: UserIdentity?

  package init(target: ProcessIdentity, cgroup: FileDescriptor, arguments: [String]) {
    self.target = target
    self.cgroup = cgroup
    self.arguments = arguments
  }

  /// The message to the helper (tendon_enter_protocol.h). Blocks.
  func encoded() throws(EnterError) -> [UInt8] {
    let credentials: ProcessCredentials
    var variables: [String]
    do {
      credentials = try ProcessCredentials.read(pid: target.pid)
      variables = try ProcessCredentials.environment(pid: target.pid)
    } catch {
      throw .target(error)
    }
    variables.removeAll { variable in
      environment.keys.contains { variable.hasPrefix($0 + "=") }
    }
    variables += environment.map { "\($0)=\($1)" }.sorted()
    let groups = user?.groups ?? credentials.groups
    let (argumentBytes, variableBytes) = (Self.blob(arguments), Self.blob(variables))
    var head = tendon_enter()
    head.flags =
      (terminal == nil ? 0 : UInt32(TENDON_ENTER_TERMINAL))
      | (credentials.hasNoNewPrivileges
        ? UInt32(TENDON_ENTER_NO_NEW_PRIVILEGES) : 0)
    head.start_time = target.startTicks
    head.capabilities = credentials.bounds
    head.pid = target.pid
    head.uid = user?.uid ?? credentials.uid
    head.gid = user?.gid ?? credentials.gid
    head.group_count = UInt32(groups.count)
    head.argc = UInt32(arguments.count)
    head.argv_length = UInt32(argumentBytes.count)
    head.envc = UInt32(variables.count)
    head.env_length = UInt32(variableBytes.count)
    let length =
      MemoryLayout<tendon_enter>.size + 4 * groups.count + argumentBytes.count
      + variableBytes.count
    guard length <= Int(TENDON_ENTER_MAX_MESSAGE),
      groups.count <= Int(TENDON_ENTER_MAX_GROUPS)
    else { throw .tooLarge }
    head.length = UInt32(length)
    return withUnsafeBytes(of: head) { Array($0) } + groups.withUnsafeBytes { Array($0) }
      + argumentBytes + variableBytes
  }

  private static func blob(_ strings: [String]) -> [UInt8] {
    strings.flatMap { Array($0.utf8) + [0] }
  }
}

/// Why a command could not be run beside a process, or was lost.
package enum EnterError: Error, Hashable, CustomStringConvertible {
  /// The helper that starts it could not be started.
  case helper(SpawnFailure)
  /// The helper told at which step it failed.
  case step(String, errno: Int32)
  case system(call: String, errno: Int32)
  /// The process that was to be joined can't be read.
  case target(ProcessError)
  /// Command and environment together.
  case tooLarge
  /// The helper is gone and has not said how the command ended.
  case lost

  package var description: String {
    switch self {
    case .helper(let failure) where failure.step == .clone && failure.errno == EAGAIN:
      "the instance may have no more processes (its pids limit)"
    case .helper(let failure): "starting the helper: \(failure)"
    case .step(let step, ESRCH): "\(step): the instance's process has ended"
    case .step(let step, let errno): "\(step): \(errnoText(errno))"
    case .system(let call, let errno): "\(call): \(errnoText(errno))"
    case .target(let error): "the instance's process: \(error)"
    case .tooLarge: "the command and the instance's environment are too long together"
    case .lost: "the command's helper was killed (out of memory, or with the instance)"
    }
  }

  static func step(_ number: UInt32, of program: String) -> String {
    switch tendon_enter_step(rawValue: number) {
    case TENDON_ENTER_STEP_MESSAGE: "the helper's message"
    case TENDON_ENTER_STEP_FIND: "finding the instance's process"
    case TENDON_ENTER_STEP_LIMITS: "setting limits"
    case TENDON_ENTER_STEP_FORK: "fork"
    case TENDON_ENTER_STEP_NAMESPACE: "joining the namespaces"
    case TENDON_ENTER_STEP_ROOT: "entering the root directory"
    case TENDON_ENTER_STEP_TERMINAL: "setting up the terminal"
    case TENDON_ENTER_STEP_CAPABILITIES: "dropping capabilities"
    case TENDON_ENTER_STEP_USER: "becoming the user"
    case TENDON_ENTER_STEP_EXEC: "exec \(program)"
    default: "step \(number)"
    }
  }
}
