// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// Limits that change while processes run.
  @Suite struct ResizeTests {
    private static let files = [
      "cpu.max", "cpu.weight", "memory.low", "memory.high", "memory.max", "io.max", "pids.max",
    ]

    private static let spec = """
      name: sized
      command: [sleep, inf]
      replicas: 3
      resources:
        cpu: {request: 100m, limit: 200m}
        memory: {request: 32Mi, limit: 64Mi}
        io: {read: 20MB/s, write: 10MB/s}
        pids: 32
      """

    @Test("A resize is answered when every kernel has it, and the same processes run on.")
    func serviceIsResized() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(Self.spec, replicas: 3)
      var change = ResourcesChange()
      change.cpuRequest = MilliCPU(200)
      change.cpuLimit = .value(MilliCPU(400))
      change.memoryRequest = .mebibytes(64)
      change.memoryLimit = .value(.mebibytes(128))
      change.ioRead = .max
      change.ioWrite = .value(ByteRate(5_000_000))
      change.pids = .value(64)
      let answer = try await cluster.client.resize(
        before[0].instance.service, ResizeRequest(change: change))
      // No waiting here: what is answered is done.
      let disks = try await cluster.diskNumbers()
      for process in before {
        let held = try await cluster.kernelFiles(Self.files, of: process)
        // 204 shares weigh 29 for container runtimes; the high mark is 1/32 below the limit.
        #expect(held["cpu.max"] == "40000 100000")
        #expect(held["cpu.weight"] == "29")
        #expect(held["memory.low"] == "67108864")
        #expect(held["memory.high"] == "130023424")
        #expect(held["memory.max"] == "134217728")
        #expect(held["pids.max"] == "64")
        if let disk = disks[process.host] ?? nil {
          #expect(held["io.max"] == "\(disk) rbps=max wbps=5000000 riops=max wiops=max")
        }
      }
      #expect(answer.instances.count == 3)
      #expect(answer.instances.allSatisfy { $0.knobs.allSatisfy { $0.isInForce } }, "\(answer)")
      #expect(Set(answer.instances.map(\.pid)) == Set(before.map(\.pid)))
      #expect(try await cluster.processes(of: before[0].instance.service) == before)
    }

    @Test("A resize of one slot leaves the others as they were.")
    func slotIsResized() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(Self.spec, replicas: 3)
      let service = before[0].instance.service
      var change = ResourcesChange()
      change.cpuLimit = .value(MilliCPU(700))
      let answer = try await cluster.client.resize(
        service, ResizeRequest(slot: 1, change: change))
      #expect(answer.instances.map(\.id) == [service.slot(1)])
      for process in before {
        let quota = try await cluster.cgroupFile("cpu.max", of: process)
        #expect(
          quota == (process.instance.slot == 1 ? "70000 100000" : "20000 100000"),
          "\(process.instance)")
      }
      #expect(try await cluster.processes(of: service) == before)
    }

    @Test(
      "A memory limit below what is in use is not written: the old one stays, nothing is killed.")
    func memoryInUseIsKept() async throws {
      let cluster = try await cleanCluster()
      // dd holds one block of 48 MiB that nobody takes from it.
      let process = try await cluster.run(
        """
        name: holder
        command: [sh, -c, "dd if=/dev/zero bs=48M | sleep inf"]
        resources: {memory: {request: 8Mi, limit: 128Mi}}
        """, replicas: 1)[0]
      try await eventually("48 MiB are in use") {
        Int(try await cluster.cgroupFile("memory.current", of: process)) ?? 0 > 48 << 20
      }
      var change = ResourcesChange()
      change.memoryLimit = .value(.mebibytes(16))
      let answer = try await cluster.client.resize(
        process.instance.service, ResizeRequest(change: change))
      let max = try #require(answer.instances[0].knobs.first { $0.knob == "memory.max" })
      #expect(!max.isInForce)
      #expect(max.note?.contains("in use") == true, "\(max)")
      #expect(max.readBack == "134217728")
      let held = try await cluster.kernelFiles(["memory.max", "memory.high"], of: process)
      #expect(held == ["memory.max": "134217728", "memory.high": "130023424"])
      #expect(try await cluster.kernelValue("oom_kill", in: "memory.events", of: process) == 0)
      #expect(try await cluster.processes(of: process.instance.service) == [process])
    }

    @Test(
      "A request that a host has no room for is refused with each host's reason; nothing changes.")
    func impossibleRequestIsRefused() async throws {
      let cluster = try await cleanCluster()
      let before = try await cluster.run(Self.spec, replicas: 3)
      let service = before[0].instance.service
      let spec = try await cluster.client.service(service).spec
      var change = ResourcesChange()
      change.cpuRequest = MilliCPU(5000)
      change.cpuLimit = .value(MilliCPU(5000))
      let error = try await refusal {
        _ = try await cluster.client.resize(service, ResizeRequest(change: change))
      }
      #expect(error?.code == .conflict)
      #expect(error?.details.compactMap(\.subject) == ["host1", "host2", "host3"])
      for detail in error?.details ?? [] { #expect(detail.message.contains("CPU"), "\(detail)") }
      #expect(try await cluster.client.service(service).spec == spec)
      for process in before {
        #expect(try await cluster.cgroupFile("cpu.max", of: process) == "20000 100000")
      }
      #expect(try await cluster.processes(of: service) == before)
    }
  }
}
