// SPDX-License-Identifier: Apache-2.0
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.SystemdTests {
  @Test(
    "The coordinator's package: a user of its own, a socket that outlives it, a watchdog, a clean removal."
  )
  func coordinatorIsInstalled() async throws {
    let host = try #require(SystemdTrait.shared)
    let packages = try Packages.build(
      ["tendon-coordinator", "tendon"], version: SystemdHost.version)
    try await host.shell("dpkg -i \(packages.joined(separator: " ")) 2>&1")
    let unit = "tendon-coordinator.service"
    func state() async throws -> String { try await host.property("ActiveState", of: unit) }
    #expect(try await state() == "active")
    #expect(
      try await host.shell("ps -o user:32= -p \(try await host.property("MainPID", of: unit))")
        == "tendon-coordinator")
    #expect(try await host.property("StatusText", of: unit).contains("0 hosts ready"))
    // The lower, the less it may do; 100 is root without any sandbox.
    #expect(
      try await host.status("systemd-analyze", "security", "--threshold=20", "--no-pager", unit)
        == 0)
    let ask = """
      TENDON_SERVER=http://127.0.0.1:7480 TENDON_TOKEN_FILE=/var/lib/tendon-coordinator/api-token tendon
      """
    let version = try await host.shell("\(ask) version")
    #expect(version.contains(tendonVersion), "\(version)")

    // Stopped, the socket is still there, and the next request starts it.
    try await host.shell("systemctl stop \(unit)")
    #expect(try await state() == "inactive")
    _ = try await host.shell("\(ask) get hosts")
    #expect(try await state() == "active")

    // Hung, it is started again; a request waits meanwhile.
    let pid = try await host.property("MainPID", of: unit)
    try await host.shell("kill -STOP \(pid)")
    try await eventually("another coordinator is ready", within: .seconds(60)) {
      let now = try await host.property("MainPID", of: unit)
      let state = try await state()
      return now != pid && now != "0" && state == "active"
    }
    _ = try await host.shell("\(ask) get hosts")

    try await host.shell("dpkg --purge tendon-coordinator tendon 2>&1")
    let files = try await host.shell(
      "find /etc /lib /usr /var/lib -xdev -name '*tendon*' 2>/dev/null || true")
    let left = files.split(separator: "\n").filter {
      !$0.contains("tendon-lab") && !$0.contains("tendon-agent") && $0 != "/var/lib/tendon"
        && !$0.contains("tendon.slice")
    }
    #expect(left.isEmpty)
    #expect(try await host.status("sh", "-c", "ss -ltn | grep -q :7480") == 1)
  }
}
