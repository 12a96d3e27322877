// SPDX-License-Identifier: Apache-2.0

/// What is set for one instance: its isolation level's set, with the spec's own settings in place of those they name.
package struct SandboxProfile: Hashable, Sendable {
  /// What a server that is started as root makes use of: it binds a low port, changes to a user of its own, reads
  /// and owns files of several users.
  package static let serverCapabilities: Set<Capability> = [
    .chown, .dacOverride, .fowner, .fsetid, .kill, .setgid, .setuid, .netBindService, .sysChroot,
  ]
  /// What `strict` hides, beside the agent's own directories.
  package static let hiddenByStrict = ["/root", "/home", "/boot"]

  package var noNewPrivileges: Bool
  /// nil: all there are.
  package var capabilities: Set<Capability>?
  /// Whether the spec names them, so that one that can't be had is an error.
  package var capabilitiesAreAsked: Bool
  package var readOnlyRoot: Bool
  package var privateTmp: Bool
  package var privateDevices: Bool
  package var hidden: [String]
  /// Whether the agent's own directories are hidden, with all other instances' in them.
  package var hidesAgent: Bool
  package var namespaces: Set<Namespace>
  package var seccomp: SeccompProfile

  /// - Parameter isRoot: whether the program runs as uid 0, which `standard` leaves some capabilities.
  package init(_ sandbox: Sandbox, isRoot: Bool) {
    let settings = sandbox.settings
    let isStrict = sandbox.isolation == .strict
    let isConfined = sandbox.isolation != .none
    noNewPrivileges = settings.noNewPrivileges ?? isConfined
    capabilitiesAreAsked = settings.keptCapabilities != nil
    let ofLevel: Set<Capability>? =
      switch sandbox.isolation {
      case .none: nil
      case .standard: isRoot ? Self.serverCapabilities : []
      case .strict: []
      }
    capabilities = settings.keptCapabilities.map { Set($0) } ?? ofLevel
    readOnlyRoot = settings.readOnlyRoot ?? isStrict
    // A directory as root has neither devices nor a /tmp worth having.
    let hasImage = sandbox.root != nil
    privateTmp = settings.privateTmp ?? (isStrict || hasImage)
    privateDevices = settings.privateDevices ?? (isStrict || hasImage)
    hidden = settings.hidden ?? (isStrict ? Self.hiddenByStrict : [])
    hidesAgent = isStrict
    namespaces =
      settings.namespaces.map { Set($0) }
      ?? (isStrict ? [.pid, .mount, .ipc, .uts, .cgroup] : [])
    seccomp = settings.seccomp ?? (isConfined ? .standard : .unconfined)
    // A view of its own, and a /proc that shows the namespace's processes, are mounts.
    let hasView =
      hasImage || readOnlyRoot || privateTmp || privateDevices || !hidden.isEmpty
      || !sandbox.secrets.isEmpty || namespaces.contains(.pid)
    if hasView { namespaces.insert(.mount) }
  }
}
