// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// What a host's kernel says of instances in sandboxes.
  @Suite struct SandboxTests {
    @Test("A strict instance with a dynamic user and a secret sees its own world, and serves.")
    func strict() async throws {
      let cluster = try await cleanCluster()
      for host in cluster.lab.hosts {
        try await cluster.lab.shell(
          host,
          "echo hunter2 > /run/lab-secret; chmod 600 /run/lab-secret; echo A=file > /run/lab.env")
      }
      let process = try await cluster.run(
        """
        name: sealed
        command: [sh, -c, "cat $CREDENTIALS_DIRECTORY/token; echo $A; touch here && echo wrote; touch /etc/x 2>/dev/null || echo sealed; exec sleep inf"]
        user: dynamic
        isolation: strict
        env_files: [/run/lab.env]
        secrets: {token: /run/lab-secret}
        sandbox: {rlimits: {nofile: 100:200}}
        stop_grace: 100ms
        """, replicas: 1)[0]
      try await eventually("all is written") {
        try await cluster.output(of: process.instance, LogRequest(stream: .stdout))
          == "hunter2\nfile\nwrote\nsealed\n"
      }
      let host = process.host
      let status = try await cluster.lab.shell(host, "cat /proc/\(process.pid)/status")
      let lines = Set(
        status.split(separator: "\n").map {
          $0.split(whereSeparator: { $0 == "\t" || $0 == " " }).joined(separator: " ")
        })
      for wanted in [
        "NoNewPrivs: 1", "Seccomp: 2", "CapEff: 0000000000000000", "CapBnd: 0000000000000000",
      ] {
        #expect(lines.contains(wanted), "\(wanted) in \(status)")
      }
      #expect(lines.contains { $0.hasPrefix("NSpid: ") && $0.hasSuffix(" 1") }, "\(status)")
      #expect(lines.contains { $0.hasPrefix("Uid: 20000") }, "\(status)")
      let limits = try await cluster.lab.shell(host, "cat /proc/\(process.pid)/limits")
      #expect(limits.contains("Max open files            100                  200"))
      // The secret is in the instance's view, and not in the host's.
      let mounts = try await cluster.lab.shell(host, "cat /proc/\(process.pid)/mountinfo")
      #expect(mounts.contains("/credentials ro,nosuid,nodev,noexec"), "\(mounts)")
      let own = try await cluster.lab.shell(host, "cat /proc/self/mountinfo")
      #expect(!own.contains("/credentials "))
      _ = try await cluster.client.delete(process.instance.service)
    }

    @Test("A sandbox that can't be had is told with its step, and nothing runs.")
    func refused() async throws {
      let cluster = try await cleanCluster()
      let name = try await cluster.apply(
        """
        name: nowhere
        command: [sleep, inf]
        sandbox: {read_only_root: true, writable: [/no/such/place]}
        """)[0]
      let view = try await cluster.waitFor(name.slot(0)) {
        $0.status?.message.contains("sandbox: bind /no/such/place: No such file") ?? false
      }
      #expect(view.status?.pid == nil)
    }
  }
}
