// SPDX-License-Identifier: Apache-2.0

/// A capability by its name in capabilities(7), without `CAP_`. The order is the kernel's numbering.
package enum Capability: String, Hashable, Sendable, Codable, CaseIterable {
  case chown
  case dacOverride = "dac_override"
  case dacReadSearch = "dac_read_search"
  case fowner, fsetid, kill, setgid, setuid, setpcap
  case linuxImmutable = "linux_immutable"
  case netBindService = "net_bind_service"
  case netBroadcast = "net_broadcast"
  case netAdmin = "net_admin"
  case netRaw = "net_raw"
  case ipcLock = "ipc_lock"
  case ipcOwner = "ipc_owner"
  case sysModule = "sys_module"
  case sysRawio = "sys_rawio"
  case sysChroot = "sys_chroot"
  case sysPtrace = "sys_ptrace"
  case sysPacct = "sys_pacct"
  case sysAdmin = "sys_admin"
  case sysBoot = "sys_boot"
  case sysNice = "sys_nice"
  case sysResource = "sys_resource"
  case sysTime = "sys_time"
  case sysTtyConfig = "sys_tty_config"
  case mknod, lease
  case auditWrite = "audit_write"
  case auditControl = "audit_control"
  case setfcap
  case macOverride = "mac_override"
  case macAdmin = "mac_admin"
  case syslog
  case wakeAlarm = "wake_alarm"
  case blockSuspend = "block_suspend"
  case auditRead = "audit_read"
  case perfmon, bpf
  case checkpointRestore = "checkpoint_restore"

  private static let masks: [Capability: UInt64] = Dictionary(
    uniqueKeysWithValues: allCases.enumerated().map { ($1, 1 << UInt64($0)) })

  /// The kernel's bit mask of some.
  package static func mask(_ some: some Sequence<Capability>) -> UInt64 {
    some.reduce(0) { $0 | (masks[$1] ?? 0) }
  }
}
