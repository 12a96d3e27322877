// SPDX-License-Identifier: Apache-2.0
package import SystemPackage
package import TendonModel

/// One run of an instance, to be started by tendon-init. The descriptors are borrowed: they must
/// stay open until `InitClient.spawn` returns. They may be set after all else, and must be before it is sent.
package struct SpawnRequest: Sendable {
  package var epoch: Epoch
  package var instance: InstanceID
  /// What it is beside the instance's program, such as `hook`: it is named with it. nil for the program itself.
  package var role: String?
  /// The first is the program: a path, or a name to be found in the environment's `PATH`.
  package var arguments: [String]
  /// `NAME=value`; nothing is added or inherited.
  package var environment: [String]
  package var directory = "/"
  /// nil: tendon-init's own, which is root.
  package var user: UserIdentity?
  package var umask: UInt32 = 0o022
  /// Done after all of the above; one that sets the user and the directory makes them unneeded here.
  package var plan: SpawnPlan?
  /// RLIMIT_NOFILE, soft and hard. nil: as tendon-init has it.
  package var openFiles: (soft: UInt64, hard: UInt64)?
  /// Directory of the cgroup that it is born in. nil: tendon-init's own.
  package var cgroup: FileDescriptor?
  package var input: FileDescriptor
  package var output: FileDescriptor
  package var error: FileDescriptor

  /// What sendmsg(2) refuses.
  private static let notOpen = FileDescriptor(rawValue: -1)

  package init(
    epoch: Epoch, instance: InstanceID, arguments: [String], environment: [String],
    cgroup: FileDescriptor? = nil, input: FileDescriptor = notOpen,
    output: FileDescriptor = notOpen, error: FileDescriptor = notOpen
  ) {
    self.epoch = epoch
    self.instance = instance
    self.arguments = arguments
    self.environment = environment
    self.cgroup = cgroup
    self.input = input
    self.output = output
    self.error = error
  }
}

extension SpawnRequest {
  /// What tendon-init keeps it under: `web.3`, or `web.3 hook` for what runs beside the program.
  var name: String { role.map { "\(instance) \($0)" } ?? instance.description }

  /// Whether a name is of something beside an instance's program.
  package static func isAuxiliary(_ name: String) -> Bool { name.contains(" ") }
}

/// A process that tendon-init has started. It stays when this value goes.
package struct SpawnedProcess: Sendable {
  package let identity: ProcessIdentity
  package let pidfd: PidFD

  package var pid: Int32 { identity.pid }
}
