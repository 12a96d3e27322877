// SPDX-License-Identifier: Apache-2.0
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.SystemdTests {
  @Test("The scope goes when its last process ends, and is made again with the next tendon-init.")
  func scopeIsMadeAgain() async throws {
    try await withAgent { host, cluster in
      try await cluster.removeServices()
      let former = try await host.shell("cat \(SystemdHost.scope)/holder/cgroup.procs")
      try await host.shell("kill -KILL \(former)")
      try await eventually("another tendon-init is in the scope") {
        let now = try await host.shell(
          "cat \(SystemdHost.scope)/holder/cgroup.procs 2>/dev/null || true")
        return now != former && !now.isEmpty && !now.contains("\n")
      }
      let processes = try await cluster.run(Self.steady, replicas: 2)
      #expect(try await cluster.alive(processes).count == 2)
      #expect(try await host.property("ActiveState", of: "tendon-instances.scope") == "active")
    }
  }

  @Test("Removal stops the instances and says which; purged, nothing is left of the package.")
  func removalLeavesNothing() async throws {
    var before: [SeenProcess] = []
    let host = try #require(SystemdTrait.shared)
    try await withAgent { _, cluster in
      before = try await cluster.run(Self.steady, replicas: 2)
    }
    let said = try await host.shell("dpkg --purge tendon-agent 2>&1")
    for process in before {
      #expect(said.contains("stopping instance \(process.instance) "), "\(said)")
      #expect(try await host.status("test", "-e", "/proc/\(process.pid)") == 1)
    }
    #expect(try await host.status("pgrep", "-x", "tendon-init|tendon-agent") == 1)
    #expect(
      try await host.shell("find /sys/fs/cgroup -name '*tendon-*' -not -name 'tendon-lab*'") == "")
    #expect(try await host.status("test", "-e", "/sys/fs/cgroup/tendon.slice") == 1)
    let units = try await host.shell(
      "systemctl list-units --all --plain --no-legend '*tendon*.service' '*tendon*.scope' '*tendon*.slice' '*tendon*.socket'"
    )
    for line in units.split(separator: "\n") { #expect(line.hasPrefix("tendon-lab"), "\(line)") }
    let files = try await host.shell(
      "find /etc /lib /usr/lib /usr/sbin /usr/share /run/tendon /var/lib -xdev -name '*tendon*' 2>/dev/null || true"
    )
    let left = files.split(separator: "\n").filter { !$0.contains("tendon-lab") }
    #expect(left.isEmpty)
    #expect(try await host.status("test", "-e", "/run/tendon") == 1)
  }
}
