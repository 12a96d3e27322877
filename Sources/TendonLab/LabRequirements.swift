// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// What must be on the machine before a lab can be made.
enum LabRequirements {
  /// Throws everything that is missing at once.
  static func check(driver: LabDriver, configuration: LabConfiguration) throws(LabError) {
    guard geteuid() == 0 else { throw .notRoot }
    var missing = programs(driver)
    missing += ownPrograms(configuration)
    if driver == .uml { missing += tunDevice() }
    if configuration.systemd { missing += systemdPrograms() }
    if driver == .netns { missing += MachineCgroups.missingControllers() }
    guard missing.isEmpty else { throw .missing(missing) }
  }

  private static func programs(_ driver: LabDriver) -> [LabRequirement] {
    var wanted = [
      ("ip", "iproute2"), ("nft", "nftables"), ("nsenter", "util-linux"),
    ]
    switch driver {
    case .uml, .auto:
      wanted += [
        ("linux.uml", "user-mode-linux"), ("mkfs.ext4", "e2fsprogs"), ("taskset", "util-linux"),
      ]
    case .netns: wanted += [("unshare", "util-linux")]
    }
    return wanted.filter { find($0.0) == nil }.map { program, package in
      LabRequirement(
        what: "\(program) is not installed",
        remedy: "apt-get install \(package) (or: make deps)")
    }
  }

  private static func ownPrograms(_ configuration: LabConfiguration) -> [LabRequirement] {
    var wanted = ["tendon-lab"]
    if configuration.runsCoordinator { wanted.append("tendon-coordinator") }
    if configuration.runsAgents { wanted += ["tendon-agent", "tendon-init"] }
    let folder = configuration.binaries
    return wanted.filter { !LabFile.isExecutable(folder.appending($0)) }.map { program in
      LabRequirement(
        what: "\(program) is not in \(folder)", remedy: "make build (or name the folder: --bin)")
    }
  }

  private static func systemdPrograms() -> [LabRequirement] {
    [(GuestSystemd.program, "systemd"), ("/usr/bin/dbus-daemon", "dbus")]
      .filter { !LabFile.isExecutable(FilePath($0.0)) }.map { program, package in
        LabRequirement(
          what: "\(program) is not installed",
          remedy: "apt-get install \(package) (or: make deps)")
      }
  }

  private static func tunDevice() -> [LabRequirement] {
    guard !LabFile.exists("/dev/net/tun") else { return [] }
    return [
      LabRequirement(
        what: "/dev/net/tun is not there",
        remedy: "modprobe tun; in a container, start it with --device /dev/net/tun")
    ]
  }

  /// The program's path in PATH or the usual system folders.
  static func find(_ program: String) -> FilePath? {
    let path = (Environment["PATH"] ?? "") + ":/usr/sbin:/usr/bin:/sbin:/bin"
    return path.split(separator: ":").map { FilePath(String($0)).appending(program) }
      .first { LabFile.isExecutable($0) }
  }

  /// A folder with room for the hosts' memory that allows code to be mapped from it.
  ///
  /// /dev/shm is memory and fast, but containers often make it tiny or noexec; then the lab's own
  /// folder on disk serves. The files are sparse: a host takes what it has touched.
  static func memoryFolder(bytes: UInt64, fallback: FilePath) throws(LabError) -> FilePath {
    for folder in ["/dev/shm", fallback] {
      if let free = usableBytes(folder), free >= bytes { return folder }
    }
    throw .noRoom(path: fallback, neededBytes: bytes, freeBytes: usableBytes(fallback) ?? 0)
  }

  /// Free bytes of the folder's file system, nil where programs can't be mapped from it.
  private static func usableBytes(_ folder: FilePath) -> UInt64? {
    var facts = statvfs()
    let noExec: UInt = 8  // ST_NOEXEC (statvfs(3))
    guard statvfs(folder.string, &facts) == 0, facts.f_flag & noExec == 0 else { return nil }
    return UInt64(facts.f_bavail) * UInt64(facts.f_frsize)
  }
}
