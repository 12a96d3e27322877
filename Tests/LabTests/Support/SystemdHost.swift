// SPDX-License-Identifier: Apache-2.0
import TendonLab
import TendonLabClient
import TendonModel

/// A host under systemd, and what its administrator does there.
struct SystemdHost: Sendable {
  static let version = "0.1.0"
  static let scope = "/sys/fs/cgroup/tendon.slice/tendon-instances.scope"

  let lab: Lab
  /// The agent's package, on the host.
  let package: String

  private var name: String { lab.hosts[0] }

  @discardableResult
  func shell(_ script: String, within limit: Duration = .seconds(120)) async throws -> String {
    try await lab.shell(name, script, within: limit)
  }

  /// Its exit code, for what may fail.
  func status(_ command: String...) async throws -> Int32 {
    try await lab.exec(name, command).status
  }

  /// Installs and configures the agent as `docs/systemd.md` says; does nothing where it is installed.
  /// - Returns: whether it was not installed before.
  func install() async throws -> Bool {
    if try await isInstalled() { return false }
    try await shell("dpkg -i \(package) 2>&1")
    try await shell(
      """
      cp /run/lab/box/join-token /etc/tendon/join-token
      cat >>/etc/default/tendon-agent <<END
      TENDON_COORDINATOR=\(lab.serverURL)
      TENDON_AGENT_ARGS=--advertise \(lab.network.hosts[0]) --work-dir \(GuestPaths.disk)/work
      END
      systemctl start tendon-agent
      """)
    return true
  }

  func isInstalled() async throws -> Bool {
    try await status(
      "sh", "-c", "dpkg-query -W -f '${Status}' tendon-agent | grep -q 'ok installed'")
      == 0
  }

  func property(_ name: String, of unit: String = "tendon-agent.service") async throws -> String {
    try await shell("systemctl show -P \(name) \(unit)")
  }

  func agentPID() async throws -> String { try await property("MainPID") }

  /// The end of the agent's journal.
  func journal() async throws -> String {
    try await lab.exec(name, ["journalctl", "-u", "tendon-agent", "-n", "40", "--no-pager"]).text
  }

  /// Waits until another agent than the one with `pid` has told systemd that it is ready.
  func waitForAgent(after pid: String, within limit: Duration = .seconds(60)) async throws {
    try await eventually("another agent is ready", within: limit) {
      let now = try await agentPID()
      guard now != pid, now != "0" else { return false }
      return try await property("ActiveState") == "active"
    }
  }
}
