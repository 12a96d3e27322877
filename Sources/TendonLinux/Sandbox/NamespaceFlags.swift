// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// `CLONE_NEW*` of <linux/sched.h>.
enum NamespaceFlags {
  static let pid: UInt64 = 0x2000_0000

  /// Those that a running process can move itself into. A PID namespace is for its children only, so that one is
  /// made when the process is.
  static func unshared(_ namespaces: Set<Namespace>) -> UInt64 {
    namespaces.reduce(0) { $0 | flag($1) }
  }

  private static func flag(_ namespace: Namespace) -> UInt64 {
    switch namespace {
    case .pid: 0
    case .mount: 0x2_0000
    case .cgroup: 0x200_0000
    case .uts: 0x400_0000
    case .ipc: 0x800_0000
    case .net: 0x4000_0000
    }
  }
}

/// Flags of mount(2), and of mount_setattr(2) where they are the same.
enum MountFlags {
  static let readOnly: UInt64 = 1
  static let noSetUserID: UInt64 = 2
  static let noDevices: UInt64 = 4
  static let noExecution: UInt64 = 8
  /// `MS_SLAVE`: what the host mounts later shows, what the instance mounts does not.
  static let follower: UInt64 = 1 << 19
  static let inert = noSetUserID | noDevices | noExecution
}
