// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// Every further kind of resource, on real kernels.
  @Suite struct ResourceTests {
    @Test(
      "Burst, guaranteed memory, swap and operations are in the kernel's files, and follow a resize."
    )
    func everyKnob() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: knobs
        command: [sleep, inf]
        resources:
          cpu: {limit: 500m, burst: 200m}
          memory: {request: 16Mi, guaranteed: true, limit: 64Mi, swap: 0}
          io: {read_iops: 200, write_iops: 100}
        """, replicas: 1)[0]
      let files = ["cpu.max", "cpu.max.burst", "memory.min", "memory.low", "memory.swap.max"]
      let held = try await cluster.kernelFiles(files, of: process)
      #expect(
        held == [
          "cpu.max": "50000 100000", "cpu.max.burst": "20000", "memory.min": "16777216",
          "memory.low": "16777216", "memory.swap.max": "0",
        ])
      let disk = try await cluster.diskNumbers()[process.host] ?? nil
      if let disk {
        #expect(
          try await cluster.cgroupFile("io.max", of: process)
            == "\(disk) rbps=max wbps=max riops=200 wiops=100")
      }
      // Lower the quota below the burst that is held, which the kernel takes only in the right order.
      let result = try await CLI(cluster).run(
        "resize", "knobs/0", "--cpu", ":150m", "--burst", "100m", "--no-guaranteed", "--swap",
        "8Mi", "--io-read-iops", "max", "--io-write-iops", "50")
      #expect(result.status == 0, "\(result.errors)")
      #expect(
        try await cluster.kernelFiles(files, of: process) == [
          "cpu.max": "15000 100000", "cpu.max.burst": "10000", "memory.min": "0",
          "memory.low": "16777216", "memory.swap.max": "8388608",
        ])
      if let disk {
        #expect(
          try await cluster.cgroupFile("io.max", of: process)
            == "\(disk) rbps=max wbps=max riops=max wiops=50")
      }
      #expect(try await cluster.processes(of: process.instance.service) == [process])
    }

    @Test("A device is limited by its name and by a path on it; one that is not there is told.")
    func devices() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: devices
        command: [sleep, inf]
        resources:
          io:
            read: 9MB/s
            devices: {ubdb: {write: 3MB/s}, /run/lab/disk: {write_iops: 70}, sdz: {write: 1MB/s}}
        """, replicas: 1)[0]
      guard let disk = try await cluster.diskNumbers()[process.host] ?? nil else { return }
      #expect(
        try await cluster.cgroupFile("io.max", of: process)
          == "\(disk) rbps=9000000 wbps=3000000 riops=max wiops=70")
      let knobs = try await cluster.client.limits(of: process.instance).knobs
      let missing = try #require(knobs.first { $0.knob == "io.max sdz" })
      #expect(!missing.isInForce)
      #expect(missing.note?.contains("has no block device sdz") == true, "\(missing)")
    }

    @Test(
      "The requests of a service's instances and its caps are in its own cgroup, and follow a resize."
    )
    func serviceCaps() async throws {
      let cluster = try await cleanCluster()
      let processes = try await cluster.run(
        """
        name: capped
        command: [sleep, inf]
        replicas: 3
        resources:
          cpu: {request: 100m}
          memory: {request: 8Mi, guaranteed: true}
          service_limits: {cpu: 700m, memory: 256Mi, pids: 50, io: {write: 9MB/s}}
        """, replicas: 3)
      let service = processes[0].instance.service
      func slices(_ files: [String]) async throws -> [[String]] {
        var found: [[String]] = []
        for process in processes {
          let text = try await cluster.lab.shell(
            process.host, "cd \(cgroupRoot)/capped.slice && cat \(files.joined(separator: " "))")
          found.append(text.split(separator: "\n").map(String.init))
        }
        return found
      }
      let files = ["cpu.max", "cpu.weight", "memory.low", "memory.min", "memory.max", "pids.max"]
      #expect(
        try await slices(files)
          == Array(
            repeating: ["70000 100000", "17", "8388608", "8388608", "268435456", "50"], count: 3))
      func rates() async throws -> [Substring?] {
        // The device's number is another on each host.
        try await slices(["io.max"]).map { $0.first?.split(separator: " ", maxSplits: 1).last }
      }
      #expect(
        try await rates()
          == Array(repeating: "rbps=max wbps=9000000 riops=max wiops=max", count: 3))
      // What is around all services protects as much.
      let root = try await cluster.lab.shell(processes[0].host, "cat \(cgroupRoot)/memory.low")
      #expect(root.split(separator: "\n").first == "8388608")
      let result = try await CLI(cluster).run(
        "resize", "capped", "--service-cpu", "max", "--service-memory", "128Mi", "--service-pids",
        "40", "--service-io-read-iops", "70", "--service-io-write", "max", "--cpu", "200m:")
      #expect(result.status == 0, "\(result.errors)")
      #expect(
        try await slices(files)
          == Array(
            repeating: ["max 100000", "29", "8388608", "8388608", "134217728", "40"], count: 3))
      #expect(
        try await rates() == Array(repeating: "rbps=max wbps=max riops=70 wiops=max", count: 3))
      #expect(result.output.contains("capped.slice/memory.max"))
      #expect(result.output.contains("capped.slice/io.max"))
      let slot = try await CLI(cluster).run("resize", "capped/1", "--service-pids", "9")
      #expect(slot.status == 2, "\(slot.errors)")
      #expect(slot.errors.contains("resize the service capped"), "\(slot.errors)")
      #expect(try await cluster.processes(of: service) == processes)
    }

    @Test(
      "Below what an instance holds a limit is refused with the floor; forced, the kernel kills.")
    func floorAndForce() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: holding
        command: [sh, -c, "dd if=/dev/zero bs=48M | sleep inf"]
        resources: {memory: {request: 8Mi, limit: 128Mi}}
        """, replicas: 1)[0]
      try await eventually("48 MiB are in use") {
        Int(try await cluster.cgroupFile("memory.current", of: process)) ?? 0 > 48 << 20
      }
      let tendon = CLI(cluster)
      let refused = try await tendon.run("resize", "holding", "--memory", ":16Mi")
      #expect(refused.status == 5, "\(refused.errors)")
      #expect(refused.errors.contains("the floor is"), "\(refused.errors)")
      let held = try await cluster.kernelFiles(["memory.max", "memory.high"], of: process)
      #expect(held == ["memory.max": "134217728", "memory.high": "130023424"])
      #expect(try await cluster.kernelValue("oom_kill", in: "memory.events", of: process) == 0)
      #expect(try await cluster.processes(of: process.instance.service) == [process])

      let forced = try await tendon.run("resize", "holding", "--memory", ":16Mi", "--force")
      #expect(forced.output.contains("16777216"), "\(forced.output) \(forced.errors)")
      let view = try await cluster.waitFor(process.instance) {
        $0.status?.lastExit?.outOfMemory == true
      }
      #expect(view.status?.lastExit?.status == .signaled(signal: 9, coreDumped: false))
    }

    @Test("A directory takes no more than its limit; a live raise lets the same process go on.")
    func diskQuota() async throws {
      let cluster = try await cleanCluster()
      // Not root: who has CAP_SYS_RESOURCE passes quotas.
      let write = "dd if=/dev/zero of=f bs=64k count=1 seek=$i conv=notrunc status=none"
      let process = try await cluster.run(
        """
        name: filler
        command: [sh, -c, "i=0; while :; do if \(write); then i=$((i+1)); else sleep 0.2; fi; done"]
        user: nobody
        resources: {disk: 1Mi}
        """, replicas: 1)[0]
      func knob() async throws -> KnobReport {
        let knobs = try await cluster.client.limits(of: process.instance).knobs
        return try #require(knobs.first { $0.knob == "disk" })
      }
      let first = try await knob()
      #expect(first.isInForce && first.readBack == "1048576", "\(first)")
      func size() async throws -> Int {
        let text = try await cluster.lab.shell(
          process.host, "stat -c %s /run/lab/disk/work/filler.0/f")
        return Int(text.split(separator: "\n").first ?? "") ?? 0
      }
      let logs = LogRequest(stream: .stderr)
      try await eventually("a write fails with EDQUOT") {
        try await cluster.output(of: process.instance, logs).contains("Disk quota exceeded")
      }
      let full = try await size()
      #expect((512 << 10...1 << 20).contains(full), "\(full)")

      let raised = try await CLI(cluster).run("resize", "filler/0", "--disk", "3Mi")
      #expect(raised.status == 0, "\(raised.errors)")
      try await eventually("the same process writes on") { try await size() > 2 << 20 }
      #expect(try await cluster.processes(of: process.instance.service) == [process])

      let lowered = try await CLI(cluster).run("resize", "filler/0", "--disk", "1Mi")
      #expect(lowered.status == 0, "\(lowered.errors)")
      #expect(lowered.output.contains("further writes fail"), "\(lowered.output)")
      #expect(try await size() > 2 << 20)

      // Released with the placement: what is left in the directory is nobody's burden.
      _ = try await cluster.client.delete(process.instance.service)
      try await eventually("the instance is gone") { try await cluster.client.instances().isEmpty }
      let past = write.replacing("$i", with: "99")
      let marker = try await cluster.lab.shell(
        process.host,
        """
        cd /run/lab/disk/work/filler.0 && setpriv --reuid 65534 --clear-groups sh -c '\(past)' \
        && rm f && echo ok
        """)
      #expect(marker.contains("ok"))
    }

    @Test("What a kernel does not have is refused or told, knob by knob.")
    func notThere() async throws {
      let cluster = try await cleanCluster()
      let names = try await cluster.apply(
        """
        name: alone
        command: [sleep, inf]
        resources: {cores: 1}
        ---
        name: huge
        command: [sleep, inf]
        resources: {hugepages: {2Mi: 64Mi}}
        """)
      try await cluster.waitUntilRunning(names[1], replicas: 1)
      guard try await cluster.lab.status().hosts.allSatisfy({ $0.guestDiskDevice != nil }) else {
        return  // Hosts that share this machine's kernel have what it has.
      }
      let view = try await cluster.waitFor(names[0].slot(0)) { $0.state == .pending }
      #expect(view.message.contains("has no cpuset controller"), "\(view.message)")
      let knobs = try await cluster.client.limits(of: names[1].slot(0)).knobs
      let pages = try #require(knobs.first { $0.knob == "hugetlb.2MB.max" })
      #expect(!pages.isInForce && pages.note?.hasPrefix("not available") == true, "\(pages)")
      let cores = try #require(knobs.first { $0.knob == "cpuset.cpus" })
      #expect(cores.isInForce && cores.note?.hasPrefix("not available") == true, "\(cores)")
    }
  }
}
