// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonAgent
@testable import TendonLinux
@testable import TendonSystemd

@Suite struct InstanceHomeTests {
  private func mount() throws -> CgroupMount {
    try CgroupMount(
      mountInfo: "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", ownCgroup: "0::/\n")
  }

  @Test("A unit of systemd has its instances in the scope, any other program in a folder.")
  func place() throws {
    let unit = InstanceHome(root: nil, isUnit: true, in: try mount())
    #expect(unit.scope == .instances)
    #expect(unit.root == "/sys/fs/cgroup/tendon.slice/tendon-instances.scope")
    let plain = InstanceHome(root: nil, isUnit: false, in: try mount())
    #expect(plain.scope == nil && plain.root == "/sys/fs/cgroup/tendon")
  }

  @Test("What the operator gives as the root is taken as it is, also in a unit.")
  func givenRoot() throws {
    let given = InstanceHome(root: "/sys/fs/cgroup/own", isUnit: true, in: try mount())
    #expect(given.scope == nil && given.root == "/sys/fs/cgroup/own")
  }
}
