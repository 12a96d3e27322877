// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TendonLinux

@Suite("Finding the cgroup2 mount")
struct CgroupMountTests {
  static let plain = """
    23 29 0:21 / /sys rw,nosuid shared:7 - sysfs sysfs rw
    29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
    30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
    """
  static let hybrid = """
    31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
    32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct
    35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
    38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
    41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
    """
  static let container = """
    51 49 0:26 /system.slice/box /sys/fs/cgroup ro master:9 - cgroup2 cgroup rw
    52 49 0:52 / /srv/with\\040blank\\134 rw - cgroup2 cgroup2 rw
    """

  @Test("A machine with cgroup v2 alone has it at /sys/fs/cgroup.")
  func plainMachine() throws {
    let mount = try CgroupMount(mountInfo: Self.plain, ownCgroup: "0::/init.scope\n")
    #expect(mount.mountPoint == "/sys/fs/cgroup")
    #expect(mount.root == "/")
    #expect(mount.ownFolder == "/sys/fs/cgroup/init.scope")
    #expect(mount.defaultTreeRoot == "/sys/fs/cgroup/tendon")
    #expect(mount.heldByV1.isEmpty)
  }

  @Test("Beside cgroup v1 it is found too, with what v1 holds, and the 0:: line anywhere.")
  func hybridMachine() throws {
    let own = "9:name=systemd:/\n4:memory:/a:b\n0::/\n1:cpu:/\n"
    let mount = try CgroupMount(mountInfo: Self.hybrid, ownCgroup: own)
    #expect(mount.mountPoint == "/sys/fs/cgroup/unified")
    #expect(mount.ownFolder == "/sys/fs/cgroup/unified")
    #expect(
      mount.heldByV1 == [
        .cpu: "/sys/fs/cgroup/cpu", .memory: "/sys/fs/cgroup/memory",
        .io: "/sys/fs/cgroup/blkio",
      ])
  }

  @Test("A mount that shows everything is taken before one that shows a part; escapes are undone.")
  func wholeBeforePart() throws {
    let mount = try CgroupMount(mountInfo: Self.container, ownCgroup: "0::/x\n")
    #expect(mount.mountPoint == "/srv/with blank\\")
  }

  @Test("In a mount of a part, the own cgroup is found relative to it, or is outside of it.")
  func partialMount() throws {
    let line = String(Self.container.prefix { $0 != "\n" })
    let inside = try CgroupMount(mountInfo: line, ownCgroup: "0::/system.slice/box/inner\n")
    #expect(inside.ownFolder == "/sys/fs/cgroup/inner")
    let outside = try CgroupMount(mountInfo: line, ownCgroup: "0::/system.slice/boxes\n")
    #expect(outside.ownFolder == nil)
    let none = try CgroupMount(mountInfo: line, ownCgroup: "1:cpu:/\n")
    #expect(none.ownFolder == nil)
  }

  @Test("Without cgroup2 the error says how to mount it.")
  func noMount() {
    #expect(throws: CgroupError.noMount(path: "/proc/self/mountinfo")) {
      try CgroupMount(mountInfo: "29 1 8:1 / / rw - ext4 /dev/sda1 rw", ownCgroup: "0::/\n")
    }
  }

  @Test(
    "A line that is not mount information is refused.",
    arguments: ["garbage", "29 1 8:1 / / rw shared:1 ext4 /dev/sda1 rw", "1 2 3 4 5 6 -"])
  func malformed(line: String) {
    #expect(throws: KernelFileError.self) { try MountTable(parsing: line) }
  }

  @Test("A path belongs to the deepest mount above it, by whole names.")
  func holdingMount() throws {
    let table = try MountTable(parsing: Self.plain)
    #expect(table.mount(holding: "/sys/fs/cgroup/tendon")?.fileSystem == "cgroup2")
    #expect(table.mount(holding: "/sys/fs/cgroups")?.fileSystem == "sysfs")
    #expect(table.mount(holding: "/home")?.source == "/dev/sda1")
  }
}
