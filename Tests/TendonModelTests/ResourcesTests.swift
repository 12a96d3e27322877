// SPDX-License-Identifier: Apache-2.0

import Foundation
import TendonModel
import Testing

struct ResourcesTests {
  @Test("A change touches what it names and nothing else.")
  func change() {
    let before = Resources(
      cpu: CPUResources(request: MilliCPU(100), limit: .value(MilliCPU(500))),
      io: IOResources(write: .value(ByteRate(1000)), weight: 50), pids: .value(10))
    #expect(ResourcesChange().isEmpty)
    #expect(ResourcesChange().applied(to: before) == before)
    var change = ResourcesChange()
    change.cpuLimit = .max
    change.memoryRequest = .mebibytes(128)
    change.ioRead = .value(ByteRate(5))
    change.pids = .max
    var after = before
    after.cpu.limit = .max
    after.memory.request = .mebibytes(128)
    after.io.read = .value(ByteRate(5))
    after.pids = .max
    #expect(!change.isEmpty)
    #expect(change.applied(to: before) == after)
    #expect(change.applied(to: after) == after)
  }

  @Test("The resources by default are possible.")
  func defaults() {
    #expect(Resources().faults.isEmpty)
  }

  @Test("Each impossible resource is told by its key.")
  func faults() {
    let resources = Resources(
      cpu: CPUResources(request: MilliCPU(-1), limit: .value(MilliCPU(9))),
      memory: MemoryResources(request: .mebibytes(2), limit: .value(.mebibytes(1))),
      io: IOResources(read: .value(ByteRate(0)), weight: 10_001), pids: .value(0))
    #expect(
      resources.faults.map { $0.path.joined(separator: ".") } == [
        "cpu.request", "cpu.limit", "memory.request", "io.read", "io.weight", "pids",
      ])
  }

  @Test("Each impossible resource of the newer kinds is told by its key.")
  func newerFaults() {
    let resources = Resources(
      cpu: CPUResources(
        request: MilliCPU(3000), limit: .value(MilliCPU(3000)), burst: MilliCPU(4000)),
      cores: 2, memory: MemoryResources(swap: .value(Bytes(-1))),
      io: IOResources(
        readOps: .value(0),
        devices: ["sd b": IORates(), "sdc": IORates(write: .value(ByteRate(0)))]),
      disk: .value(Bytes(1)),
      hugepages: HugePages([Bytes(3 << 20): .zero, .mebibytes(2): Bytes(-1)]),
      serviceLimits: ServiceLimits(
        cpu: .value(MilliCPU(1)), memory: .value(Bytes(1)), swap: .value(Bytes(-1)),
        pids: .value(0),
        io: IOResources(devices: ["": IORates(read: .value(ByteRate(0)))], weight: 3)))
    #expect(
      resources.faults.map { $0.path.joined(separator: ".") } == [
        "cpu.burst", "cpu.request", "memory.swap", "io.read_iops", "io.devices.sd b",
        "io.devices.sdc.write", "disk", "hugepages.2Mi", "hugepages.3Mi", "service_limits.cpu",
        "service_limits.memory", "service_limits.swap", "service_limits.pids",
        "service_limits.io.devices..read", "service_limits.io.devices.", "service_limits.io.weight",
      ])
    let burst = Resources(cpu: CPUResources(burst: MilliCPU(1)))
    #expect(
      burst.faults.map(\.message) == ["needs a limit: what is unlimited has nothing to save up"])
  }

  @Test("Exclusive cores are reserved as a whole, in place of the request.")
  func reservedCPU() {
    #expect(Resources(cpu: CPUResources(request: MilliCPU(70))).reservedCPU == MilliCPU(70))
    #expect(Resources(cores: 3).reservedCPU == MilliCPU(3000))
  }

  @Test("A change of every kind goes over JSON, and is taken back by its opposite.")
  func everyChange() throws {
    var change = ResourcesChange()
    change.cpuBurst = MilliCPU(100)
    change.cpuLimit = .value(MilliCPU(200))
    change.cores = 2
    change.memoryGuaranteed = true
    change.swap = .value(.zero)
    change.ioReadOps = .value(5)
    change.ioWriteOps = .value(6)
    change.ioDevices = ["sdb": IORates(write: .value(ByteRate(7)))]
    change.disk = .value(.mebibytes(8))
    change.hugepages = HugePages([.mebibytes(2): .mebibytes(4)])
    change.serviceCPU = .value(MilliCPU(4000))
    change.serviceMemory = .value(.mebibytes(9))
    change.serviceSwap = .value(.zero)
    change.servicePids = .value(10)
    change.serviceIO = IOChange()
    change.serviceIO?.write = .value(ByteRate(11))
    change.serviceIO?.devices = ["sdb": IORates(readOps: .value(12))]
    #expect(change.concernsService)
    let coder = JSONEncoder()
    let changed = change.applied(to: Resources())
    let read = try JSONDecoder().decode(ResourcesChange.self, from: coder.encode(change))
    #expect(read == change)
    #expect(try JSONDecoder().decode(Resources.self, from: coder.encode(changed)) == changed)
    #expect(changed.faults.isEmpty)
    var back = ResourcesChange()
    back.cpuBurst = .zero
    back.cpuLimit = .max
    back.cores = 0
    back.memoryGuaranteed = false
    back.swap = .max
    back.ioReadOps = .max
    back.ioWriteOps = .max
    back.ioDevices = ["sdb": IORates()]
    back.disk = .max
    back.hugepages = HugePages([.mebibytes(2): .zero])
    back.serviceCPU = .max
    back.serviceMemory = .max
    back.serviceSwap = .max
    back.servicePids = .max
    back.serviceIO = IOChange()
    back.serviceIO?.write = .max
    back.serviceIO?.devices = ["sdb": IORates()]
    var result = back.applied(to: changed)
    #expect(result.hugepages.limits == [.mebibytes(2): .zero])
    result.hugepages = HugePages()
    #expect(result == Resources())
  }

  @Test("Resources that an older version stored are read with what it did not know at its default.")
  func olderJSON() throws {
    let text = """
      {"cpu": {"request": "250m", "limit": "1"}, "memory": {"request": "64Mi", "limit": "max"},
       "io": {"read": "max", "write": "10MB/s", "weight": 7}, "pids": 5}
      """
    let read = try JSONDecoder().decode(Resources.self, from: Data(text.utf8))
    #expect(
      read
        == Resources(
          cpu: CPUResources(request: MilliCPU(250), limit: .value(MilliCPU(1000))),
          io: IOResources(write: .value(ByteRate(10_000_000)), weight: 7), pids: .value(5)))
  }

  @Test(
    "Lists of CPUs are read and written as the kernel does.",
    arguments: [("", []), ("0", [0]), ("0-3", [0, 1, 2, 3]), ("0,2-3,9", [0, 2, 3, 9])])
  func cpuLists(text: String, cpus: [Int]) {
    #expect(CPUList(parsing: text)?.cpus == cpus)
    #expect(CPUList(cpus).description == text)
  }

  @Test(
    "What is no list of CPUs is not taken for one.",
    arguments: ["a", "3-1", "1-2-3", "-1", "1-", "99999999"])
  func badLists(text: String) { #expect(CPUList(parsing: text) == nil) }
}
