// SPDX-License-Identifier: Apache-2.0
import CLinux

/// What was being done when a program could not be started (`enum tendon_spawn_step`).
package struct SpawnStep: Hashable, Sendable, CustomStringConvertible {
  package let rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }
  private init(_ step: tendon_spawn_step) { rawValue = step.rawValue }

  /// Making the process, in its cgroup: EAGAIN is a pids limit, ENODEV a cgroup that is gone.
  package static let clone = Self(TENDON_STEP_CLONE)
  package static let session = Self(TENDON_STEP_SESSION)
  package static let fds = Self(TENDON_STEP_FDS)
  package static let rlimit = Self(TENDON_STEP_RLIMIT)
  package static let groups = Self(TENDON_STEP_GROUPS)
  package static let gid = Self(TENDON_STEP_GID)
  package static let uid = Self(TENDON_STEP_UID)
  package static let chdir = Self(TENDON_STEP_CHDIR)
  package static let exec = Self(TENDON_STEP_EXEC)
  /// The program ran, but its start time could not be read, so it was killed.
  package static let identify = Self(TENDON_STEP_IDENTIFY)

  package var description: String { String(cString: tendon_spawn_step_name(Int32(rawValue))) }
}

/// A program that could not be started; nothing of it is left.
package struct SpawnFailure: Error, Hashable, CustomStringConvertible {
  package let step: SpawnStep
  package let errno: Int32
  /// What was asked for, for the message.
  package let program: String
  package let directory: String

  /// `exec /bin/nope: No such file or directory`
  package var description: String {
    let subject =
      switch step {
      case .exec: " \(program)"
      case .chdir: " \(directory)"
      default: ""
      }
    return "\(step)\(subject): \(errnoText(errno))"
  }
}
