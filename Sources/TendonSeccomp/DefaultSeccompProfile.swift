// SPDX-License-Identifier: Apache-2.0

import Glibc
package import TendonModel

/// The profile `default`: everything is let through but what a server has no business with. A capability that was
/// kept lifts the refusals that belong to it. The list was written from the manual pages of the calls.
package enum DefaultSeccompProfile {
  /// Refused with EPERM, unless the capability is kept (nil: always).
  static let refused: [(unless: Capability?, calls: [String])] = [
    // Other kernels, modules, power.
    (.sysBoot, ["reboot", "kexec_load", "kexec_file_load"]),
    (.sysModule, ["init_module", "finit_module", "delete_module"]),
    // Mounts, namespaces, quotas, swap, names of the host.
    (
      .sysAdmin,
      [
        "mount", "umount2", "pivot_root", "open_tree", "move_mount", "fsopen", "fsconfig",
        "fsmount", "fspick", "mount_setattr", "setns", "unshare", "quotactl", "quotactl_fd",
        "swapon", "swapoff", "sethostname", "setdomainname", "lookup_dcookie",
        "fanotify_init", "name_to_handle_at",
      ]
    ),
    (.dacReadSearch, ["open_by_handle_at"]),
    // The clock.
    (.sysTime, ["settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime"]),
    // Hardware.
    (.sysRawio, ["ioperm", "iopl"]),
    // Programs in the kernel, and looking into it.
    (.bpf, ["bpf"]),
    (.perfmon, ["perf_event_open"]),
    (.syslog, ["syslog"]),
    (.sysPacct, ["acct"]),
    // Other processes' memory and descriptors.
    (
      .sysPtrace,
      ["process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise"]
    ),
    // Memory's place, for all processes.
    (.sysNice, ["move_pages"]),
    (.sysTtyConfig, ["vhangup"]),
    // Keys are not divided by container or user namespace; a fault of user memory stops the kernel where it is;
    // rings do what calls do, past every filter.
    (
      nil,
      [
        "keyctl", "add_key", "request_key", "userfaultfd", "io_uring_setup", "io_uring_enter",
        "io_uring_register",
      ]
    ),
    // Nobody has needed them for long.
    (
      nil,
      [
        "_sysctl", "uselib", "ustat", "sysfs", "nfsservctl", "get_kernel_syms", "query_module",
        "create_module", "bdflush", "vm86", "vm86old", "modify_ldt",
      ]
    ),
  ]

  /// New namespaces by clone(2): any of CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET.
  private static let namespaceFlags: [UInt64] = [
    0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
  ]
  /// PTRACE_ATTACH and PTRACE_SEIZE; a process may still be traced by its own parent.
  private static let tracing: [UInt64] = [16, 0x4206]

  /// The compiled filter for an instance that keeps these capabilities; nil: all.
  package static func compiled(keeping kept: Set<Capability>?) throws(SeccompError) -> [UInt8] {
    let filter = try SeccompFilter(otherwise: .allow)
    let refuse = SeccompFilter.Action.refuse(errno: EPERM)
    for (capability, calls) in refused {
      if let capability, kept?.contains(capability) ?? true { continue }
      // Some are not known to older libraries, which then let them through.
      for call in calls { _ = try filter.add(refuse, call) }
    }
    if let kept, !kept.contains(.sysAdmin) {
      for flag in namespaceFlags {
        _ = try filter.add(refuse, "clone", where: .init(argument: 0, mask: flag, value: flag))
      }
      // Its flags are in memory, where a filter can't look: callers fall back to clone(2).
      _ = try filter.add(.refuse(errno: ENOSYS), "clone3")
    }
    if let kept, !kept.contains(.sysPtrace) {
      for request in tracing {
        _ = try filter.add(
          refuse, "ptrace", where: .init(argument: 0, mask: .max, value: request))
      }
    }
    return try filter.compiled()
  }
}
