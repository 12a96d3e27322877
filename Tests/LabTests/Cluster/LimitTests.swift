// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// Limits in the kernel's own files, and what they do to processes.
  @Suite struct LimitTests {
    @Test("Replicas are spread evenly, and every limit of the spec is in the kernels' files.")
    func limitsReachTheKernel() async throws {
      let cluster = try await cleanCluster()
      let web = try await cluster.run(
        """
        name: web
        command: [sleep, inf]
        replicas: 6
        resources:
          cpu: {request: 100m, limit: 500m}
          memory: {request: 32Mi, limit: 64Mi}
          io: {read: 20MB/s, write: 10MB/s}
          pids: 32
        """, replicas: 6)
      let counts = Dictionary(grouping: web, by: \.host).mapValues(\.count)
      #expect(counts == ["host1": 2, "host2": 2, "host3": 2])
      let disks = try await cluster.diskNumbers()
      for process in web {
        let disk = try #require(disks[process.host])
        var wanted = [
          // 100m of the 100,000 us period; the weight is that of container runtimes for 102 shares.
          "cpu.max": "50000 100000", "cpu.weight": "17",
          "memory.low": "33554432", "memory.high": "65011712", "memory.max": "67108864",
          "memory.oom.group": "1", "pids.max": "32",
        ]
        if let disk { wanted["io.max"] = "\(disk) rbps=20000000 wbps=10000000 riops=max wiops=max" }
        let held = try await cluster.kernelFiles(wanted.keys.sorted(), of: process)
        #expect(held == wanted, "\(process.instance) on \(process.host)")
      }
      try await cluster.expectKernelsAgree()
    }

    @Test("Instances that start at the same time on one host all have their limits.")
    func limitsOfManyAtOnce() async throws {
      let cluster = try await cleanCluster()
      let name = try await cluster.apply(
        """
        name: many
        command: [sleep, inf]
        replicas: 24
        resources: {cpu: {request: 20m}, memory: {request: 4Mi, limit: 24Mi}, pids: 9}
        """)[0]
      try await cluster.waitUntilRunning(name, replicas: 24)
      for host in cluster.lab.hosts {
        let limits = try await cluster.lab.shell(
          host, "cd \(cgroupRoot)/many.slice && cat many.*/memory.max many.*/pids.max")
        let wanted = Array(repeating: "25165824", count: 8) + Array(repeating: "9", count: 8)
        #expect(limits.split(separator: "\n").map(String.init) == wanted, "\(host)")
      }
    }

    @Test("limits shows what the kernel holds, read at that moment.")
    func limitsAreReadFromTheKernel() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: shown
        command: [sleep, inf]
        resources: {cpu: {limit: 300m}, memory: {request: 16Mi, limit: 64Mi}, pids: 20}
        """, replicas: 1)[0]
      let view = try await cluster.client.limits(of: process.instance)
      #expect(view.pid == process.pid)
      #expect(view.knobs.allSatisfy { $0.isInForce }, "\(view.knobs)")
      // Those of the instance's own cgroup that this kernel has.
      let names = view.knobs.filter { $0.readBack != nil && !$0.knob.contains("/") }.map(\.knob)
        .filter { $0 != "disk" }
      #expect(
        Set(names).isSuperset(of: [
          "cpu.max", "cpu.weight", "memory.low", "memory.high", "memory.max", "memory.oom.group",
          "pids.max",
        ]))
      let held = try await cluster.kernelFiles(names.filter { $0 != "io.max" }, of: process)
      for knob in view.knobs where names.contains(knob.knob) && knob.knob != "io.max" {
        #expect(knob.readBack == held[knob.knob], "\(knob.knob)")
      }
      // Behind Tendon's back: what is shown is the kernel's value, and that it is not the one asked for.
      try await cluster.lab.shell(
        process.host,
        "echo 11 > /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/\(process.pid)/cgroup)/pids.max")
      let after = try await cluster.client.limits(of: process.instance)
      let pids = try #require(after.knobs.first { $0.knob == "pids.max" })
      #expect(pids.readBack == "11")
      #expect(!pids.isInForce)
    }

    @Test("A process that would take a whole CPU gets what its limit allows.")
    func cpuIsThrottled() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run(
        """
        name: burner
        command: [sh, -c, "while :; do :; done"]
        resources: {cpu: {request: 50m, limit: 200m}}
        """, replicas: 1)[0]
      try await eventually("the burner is throttled") {
        try await cluster.kernelValue("nr_throttled", in: "cpu.stat", of: process) >= 10
      }
      // The share is measured in the host, by its own clock, over a time of 3 s.
      let text = try await cluster.lab.shell(
        process.host,
        """
        cd /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/\(process.pid)/cgroup)
        look() { read up idle < /proc/uptime; read key used < cpu.stat; echo "$up $used"; }
        look; sleep 3; look
        """)
      let numbers = text.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
      try #require(numbers.count == 4, "\(text)")
      let share = (numbers[3] - numbers[1]) / 1e6 / (numbers[2] - numbers[0])
      #expect((0.01...0.3).contains(share), "200m were allowed, \(share) CPU were used")
    }

    @Test("A process that would fill its disk writes no faster than its limit allows.")
    func writesAreThrottled() async throws {
      let cluster = try await cleanCluster()
      let write = "dd if=/dev/zero of=x bs=256k count=8 oflag=direct 2>/dev/null"
      let process = try await cluster.run(
        """
        name: writer
        command: [sh, -c, "while :; do \(write); done"]
        resources: {io: {write: 1MB/s}}
        """, replicas: 1)[0]
      // A host without a disk of its own has nothing to limit.
      guard let disk = try await cluster.diskNumbers()[process.host] ?? nil else { return }
      let text = try await cluster.lab.shell(
        process.host,
        """
        cd /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/\(process.pid)/cgroup)
        look() { read up idle < /proc/uptime; echo "$up $(sed -n 's/^\(disk) .*wbytes=\\([0-9]*\\).*/\\1/p' io.stat)"; }
        while [ -z "$(look | cut -s -d ' ' -f 2)" ]; do sleep 0.1; done; look; sleep 5; look
        """)
      let numbers = text.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
      try #require(numbers.count == 4, "\(text)")
      let rate = (numbers[3] - numbers[1]) / (numbers[2] - numbers[0])
      #expect((1e5...1.5e6).contains(rate), "1 MB/s was allowed, \(rate) bytes/s were written")
    }

    @Test(
      "Over its memory limit an instance is killed by the kernel, said so of, and started again.")
    func memoryIsEnforced() async throws {
      let cluster = try await cleanCluster()
      // Only the first run takes too much: it holds a line without end.
      let name = try await cluster.apply(
        """
        name: hog
        command: [sh, -c, "test -e seen && exec sleep inf; touch seen; exec tail /dev/zero"]
        resources: {memory: {request: 8Mi, limit: 32Mi}}
        """)[0]
      let view = try await cluster.waitFor(name.slot(0), within: .seconds(60)) {
        $0.state == .running && $0.status?.restarts == 1
      }
      let exit = try #require(view.status?.lastExit)
      #expect(exit.outOfMemory)
      #expect(exit.status == .signaled(signal: 9, coreDumped: false))
      let host = try #require(view.host?.rawValue)
      let log = try await cluster.lab.shell(host, "dmesg")
      #expect(log.contains("oom_memcg=/tendon/hog.slice/hog.0@"), "the kernel's log tells of it")
      let events = try await cluster.client.events(.init(instance: name.slot(0)))
      #expect(
        events.contains {
          $0.reason == "exited" && $0.message.contains("over its own limit of 32Mi")
        },
        "\(events.map(\.message))")
      // The marker must not meet the next run of this test.
      try await cluster.lab.shell(host, "rm /run/lab/disk/work/hog.0/seen")
    }

    @Test("Over its pids limit an instance gets no more processes.")
    func pidsAreEnforced() async throws {
      let cluster = try await cleanCluster()
      let script = "(for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep inf & done); exec sleep inf"
      let process = try await cluster.run(
        """
        name: forker
        command: [sh, -c, "\(script)"]
        resources: {pids: 6}
        """, replicas: 1)[0]
      try await eventually("the kernel refuses a fork") {
        try await cluster.kernelValue("max", in: "pids.events", of: process) > 0
      }
      let files = try await cluster.kernelFiles(["pids.current", "pids.max"], of: process)
      #expect(files["pids.max"] == "6")
      #expect(files["pids.current"].flatMap { Int($0) } ?? 99 <= 6)
    }
  }
}

extension LabCluster {
  /// Each host's disk as `MAJOR:MINOR`; nil within where its driver gives it none.
  func diskNumbers() async throws -> [String: String?] {
    var numbers: [String: String?] = [:]
    for host in try await lab.status().hosts {
      let name = host.guestDiskDevice?.split(separator: "/").last
      var number: String?
      if let name { number = try await lab.shell(host.name, "cat /sys/class/block/\(name)/dev") }
      numbers[host.name] = .some(number)
    }
    return numbers
  }
}
