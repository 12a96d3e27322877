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
  /// A step of the plan (`SpawnFailure.planStep`).
  package static let plan = Self(TENDON_STEP_PLAN)
  /// The process that was to do the plan: ETIMEDOUT when it took too long, ECHILD when it ended.
  package static let helper = Self(TENDON_STEP_HELPER)

  package var description: String { String(cString: tendon_spawn_step_name(Int32(rawValue))) }
}

/// A program that could not be started; nothing of it is left.
package struct SpawnFailure: Error, Hashable, CustomStringConvertible {
  package let step: SpawnStep
  package let errno: Int32
  /// What was asked for, for the message.
  package let program: String
  package let directory: String
  /// What the plan was about to do, with `.plan`.
  package let planStep: String?

  init(
    step: SpawnStep, errno: Int32, program: String, directory: String, planStep: String? = nil
  ) {
    self.step = step
    self.errno = errno
    self.program = program
    self.directory = directory
    self.planStep = planStep
  }

  /// A directory that can't be entered is `.chdir`, wherever it was found.
  init(of request: SpawnRequest, step: SpawnStep, errno: Int32, planStep: Int) {
    let steps = request.plan?.steps ?? []
    let done = step == .plan && steps.indices.contains(planStep) ? steps[planStep] : nil
    if case .changeDirectory(let directory) = done {
      self.init(
        step: .chdir, errno: errno, program: request.arguments[0], directory: directory)
    } else {
      self.init(
        step: step, errno: errno, program: request.arguments[0], directory: request.directory,
        planStep: done?.description)
    }
  }

  /// What was being done to what, and why it failed, without the step: `/bin/nope: No such file or directory`.
  package var reason: String {
    let subject: String? =
      switch step {
      case .exec: program
      case .chdir: directory
      default: planStep
      }
    return (subject.map { "\($0): " } ?? "") + errnoText(errno)
  }

  /// `exec /bin/nope: No such file or directory`
  package var description: String {
    switch step {
    case .exec, .chdir, .plan: "\(step) \(reason)"
    default: "\(step): \(reason)"
    }
  }
}
