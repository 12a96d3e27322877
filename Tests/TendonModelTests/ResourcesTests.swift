// SPDX-License-Identifier: Apache-2.0

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
}
