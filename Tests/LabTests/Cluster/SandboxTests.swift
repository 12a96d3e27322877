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

    @Test(
      "A web server serves from each level of isolation, as root and as a user, and ends when asked.",
      arguments: [
        ("isolation: none", "root"), ("isolation: standard", "root"),
        ("isolation: standard", "dynamic"), ("isolation: strict", "root"),
        ("isolation: strict", "dynamic"),
      ])
    func serves(level: String, user: String) async throws {
      let cluster = try await cleanCluster()
      // The built program may lie in somebody's home, or in /tmp, of which a strict instance has its own.
      for host in cluster.lab.hosts {
        try await cluster.lab.shell(
          host,
          "cp -u \(LabConfiguration.defaultBinaries())/tendon-website /run/lab/disk/site-program")
      }
      let process = try await cluster.run(
        """
        name: site
        command: [/run/lab/disk/site-program, dynamic]
        ports: {http: auto}
        user: \(user)
        \(level)
        sandbox: {hidden: [none], capabilities: {keep: [dac_override]}}
        stop_grace: 20s
        """, replicas: 1)[0]
      let view = try #require(
        try await cluster.client.instances(of: process.instance.service).first)
      let port = try #require(view.status?.ports["http"])
      let address = try #require(view.address)
      let other = try #require(cluster.lab.hosts.first { $0 != process.host })
      var page = ""
      try await eventually("it answers on \(address):\(port)", showing: page) {
        page = try await cluster.lab.exec(
          other, ["curl", "-s", "--max-time", "5", "http://\(address):\(port)/?name=Ada"]
        ).text
        return page.contains("<h1>动态网站 - Ada</h1>")
      }
      // It handles SIGTERM, so that being the first of its namespace does not keep it for its grace.
      let clock = ContinuousClock()
      let start = clock.now
      _ = try await cluster.client.delete(process.instance.service)
      try await eventually("it is gone", within: .seconds(15)) {
        try await cluster.client.instances().isEmpty
      }
      #expect(clock.now - start < .seconds(15))
    }

    @Test("A directory is the root of an instance, and what it is given lies where it was said.")
    func root() async throws {
      let cluster = try await cleanCluster()
      let make =
        "set -e; r=/run/image; mkdir -p $r/bin $r/data; cp /bin/sh /bin/ls /bin/sleep $r/bin/; "
        + "for f in $(ldd /bin/sh /bin/ls /bin/sleep | grep -o '/[^ ]*' | grep -v :); do "
        + "mkdir -p $r$(dirname $f); cp -n $f $r$f; done; echo inside > $r/data/text"
      for host in cluster.lab.hosts { try await cluster.lab.shell(host, make) }
      let process = try await cluster.run(
        """
        name: rooted
        command: [sh, -c, "read x < /data/text; echo $x; pwd; ls /; echo kept > file; echo end; exec sleep inf"]
        env: {PATH: /bin}
        root: /run/image
        stop_grace: 100ms
        """, replicas: 1)[0]
      try await eventually("all is written") {
        try await cluster.output(of: process.instance, LogRequest(stream: .stdout))
          .hasSuffix("end\n")
      }
      let said = try await cluster.output(of: process.instance, LogRequest(stream: .stdout))
      #expect(said.hasPrefix("inside\n/run/work\nbin\ndata\ndev\nlib"), "\(said)")
      let kept = try await cluster.lab.shell(
        process.host, "cat /run/lab/disk/work/\(process.instance)/file")
      #expect(kept == "kept")
      _ = try await cluster.client.delete(process.instance.service)
    }

    @Test(
      "An image is the root of instances, which can't write to it; when it is not used any more it goes.",
      arguments: ["tar", "ext4", "squashfs", "erofs"])
    func image(format: String) async throws {
      let cluster = try await cleanCluster()
      let make =
        "set -e; r=/run/tree; mkdir -p $r/bin $r/proc $r/dev $r/sys $r/run $r/tmp; "
        + "cp /bin/sh /bin/sleep $r/bin/; "
        + "for f in $(ldd /bin/sh /bin/sleep | grep -o '/[^ ]*' | grep -v :); do "
        + "mkdir -p $r$(dirname $f); cp -n $f $r$f; done; echo inside > $r/text; "
      let pack =
        switch format {
        case "tar": "tar -C $r -czf /run/image.tar ."
        case "ext4": "mkfs.ext4 -q -d $r /run/image.ext4 16M"
        case "squashfs": "mksquashfs $r /run/image.squashfs -quiet -no-progress"
        default: "mkfs.erofs --quiet /run/image.erofs $r"
        }
      for host in cluster.lab.hosts { try await cluster.lab.shell(host, make + pack) }
      let processes = try await cluster.run(
        """
        name: imaged
        command: [sh, -c, "read x < /text; echo $x; pwd; echo y > /text; echo z > own; read z < own; echo $z; exec sleep inf"]
        env: {PATH: /bin}
        root: /run/image.\(format)
        replicas: 2
        stop_grace: 100ms
        """, replicas: 2)
      for process in processes {
        try await eventually("all is written") {
          try await cluster.output(of: process.instance, LogRequest(stream: .stdout))
            == "inside\n/run/work\nz\n"
        }
        let errors = try await cluster.output(of: process.instance, LogRequest(stream: .stderr))
        #expect(errors.contains("Read-only file system"), "\(errors)")
      }
      let refused = try await cluster.apply(
        """
        name: writes
        command: [sh]
        root: /run/image.\(format)
        sandbox: {writable: [/data]}
        """)[0]
      _ = try await cluster.waitFor(refused.slot(0)) {
        $0.status?.message.contains("sandbox.writable: /data is in an image") ?? false
      }
      // After the agent's end instances go on in it, and the next one uses the same.
      let process = processes[0]
      try await cluster.lab.killAgent(process.host)
      try await eventually("it is restarted in the image") {
        try await cluster.lab.shell(process.host, "kill -9 \(process.pid) 2>/dev/null; true")
        return try await cluster.client.instance(process.instance).status?.restarts ?? 0 > 0
      }
      let mounts = "grep -c /run/lab/state/images /proc/self/mountinfo || true"
      #expect(try await cluster.lab.shell(process.host, mounts) == (format == "tar" ? "0" : "1"))
      for name in [process.instance.service, refused] { _ = try await cluster.client.delete(name) }
      try await eventually("both are gone") { try await cluster.client.instances().isEmpty }
      // As if an hour had passed.
      for host in cluster.lab.hosts {
        try await cluster.lab.shell(
          host, "cd /run/lab/state/images && rm -f */users/* && touch -d '2 hours ago' */users")
        try await cluster.lab.killAgent(host)
      }
      for host in cluster.lab.hosts {
        try await eventually("the next agent removes what nobody uses") {
          try await cluster.lab.shell(host, "ls /run/lab/state/images; \(mounts)") == "0"
        }
      }
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
