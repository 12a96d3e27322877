// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel
import Testing

@testable import TendonLinux

@Suite("From resources to cgroup files")
struct CgroupKnobTests {
  @Test(
    "A request becomes the weight that container runtimes give it.",
    arguments: [
      (0, 1), (1, 1), (2, 1), (10, 4), (100, 17), (250, 35), (500, 59), (1000, 100), (2000, 174),
      (4000, 303), (16_000, 942), (255_999, 10_000), (256_000, 10_000), (1_000_000_000, 10_000),
    ])
  func weights(milli: Int64, weight: Int) {
    #expect(CPUController.weight(for: MilliCPU(milli)) == weight)
  }

  @Test("The weight never falls as the request rises.")
  func weightIsMonotone() {
    var last = 0
    for milli in stride(from: Int64(0), through: 300_000, by: 7) {
      let weight = CPUController.weight(for: MilliCPU(milli))
      #expect(weight >= last)
      last = weight
    }
  }

  @Test(
    "A CPU limit becomes quota and period.",
    arguments: [
      (Limit.max, "max 100000"), (.value(MilliCPU(500)), "50000 100000"),
      (.value(MilliCPU(2000)), "200000 100000"), (.value(MilliCPU(10)), "1000 100000"),
      (.value(MilliCPU(3)), "1000 100000"),
    ])
  func quotas(limit: Limit<MilliCPU>, text: String) {
    #expect(CPUController.quota(for: limit) == text)
  }

  @Test("memory.high lies a thirty-second below the limit, in whole pages.")
  func high() {
    #expect(MemoryController.high(for: .max) == nil)
    #expect(MemoryController.high(for: .value(.mebibytes(64))) == 62 << 20)
    #expect(MemoryController.high(for: .value(Bytes(1_000_000))) == 966_656)
  }

  @Test("Every knob says in the spec's words what it is for.")
  func all() throws {
    let resources = Resources(
      cpu: CPUResources(request: try MilliCPU("250m"), limit: .value(try MilliCPU("1.5"))),
      memory: MemoryResources(request: .mebibytes(32), limit: .value(.mebibytes(64))),
      io: IOResources(write: .value(try ByteRate("10MB/s")), weight: 300), pids: .value(50))
    let knobs = Knob.all(for: resources, storage: .disk(BlockDevice(major: 254, minor: 0)))
    #expect(
      knobs.map { "\($0.file) = \($0.wanted ?? "-") (\($0.requested))" } == [
        "cpu.weight = 35 (request 250m)", "cpu.max = 150000 100000 (limit 1500m)",
        "cpu.max.burst = 0 (burst 0)", "cpuset.cpus = - (shared cores)",
        "memory.min = 0 (not guaranteed)", "memory.low = 33554432 (request 32Mi)",
        "memory.high = 65011712 (limit 64Mi less 1/32)", "memory.max = 67108864 (limit 64Mi)",
        "memory.swap.max = max (swap max)", "memory.oom.group = 1 (end as a whole)",
        "io.max = 254:0 rbps=max wbps=10000000 riops=max wiops=max (read max, write 10MB/s)",
        "io.weight = default 300 (weight 300)", "pids.max = 50 (pids 50)",
      ])
  }

  @Test("io without a disk is told where a rate was asked for, and only there.")
  func withoutDisk() {
    let storage = InstanceStorage.none(reason: "tmpfs")
    let none = Knob.all(for: Resources(), storage: storage)
    #expect(!none.contains { $0.controller == .io })
    let asked = Resources(io: IOResources(read: .value(ByteRate(1))))
    let knob = Knob.all(for: asked, storage: storage).first { $0.file == "io.max" }
    #expect(knob?.wanted == nil)
    #expect(knob?.note == "tmpfs")
  }

  @Test("A weight that is no longer asked for goes back to the default.")
  func weightReset() {
    let knobs = Knob.all(
      for: Resources(), previous: Resources(io: IOResources(weight: 7)),
      storage: .none(reason: ""))
    #expect(knobs.first { $0.file == "io.weight" }?.wanted == "default 100")
  }

  private func agreement(
    _ wanted: String, _ readBack: String, _ comparison: Knob.Comparison
  ) -> Agreement {
    Knob(.memory, "f", requested: "", wanted: wanted, comparison: comparison)
      .agreement(with: readBack)
  }

  @Test("What the kernel answers is compared by its meaning.")
  func comparisons() {
    let device = Knob.Comparison.device(BlockDevice(major: 8, minor: 0))
    #expect(agreement("50000 100000", "50000 100000", .text) == .same)
    #expect(agreement("50000 100000", "60000 100000", .text) == .different)
    let pages = Knob.Comparison.pages(size: 4096)
    #expect(agreement("4096", "4096", pages) == .same)
    #expect(agreement("max", "max", pages) == .same)
    #expect(agreement("max", "4096", pages) == .different)
    #expect(agreement("5000", "4096", pages).isInForce)
    #expect(agreement("5000", "4096", pages) != .same)
    #expect(agreement("9000", "4096", pages) == .different)
    #expect(agreement("default 7", "default 7\n8:0 9", .defaultLine) == .same)
    #expect(agreement("default 7", "default 70", .defaultLine) == .different)
    let lines = "9:0 rbps=1 wbps=1 riops=max wiops=max\n8:0 rbps=max wbps=5 riops=max wiops=max"
    #expect(agreement("8:0 rbps=max wbps=5", lines, device) == .same)
    #expect(agreement("8:0 rbps=max wbps=6", lines, device) == .different)
    #expect(agreement("8:0 rbps=max wbps=max", "", device) == .same)
    #expect(agreement("8:0 rbps=1 wbps=max", "", device) == .different)
  }

  @Test("A partition leads to its disk, and a device that is not there to a reason.")
  func disks() throws {
    let sys = CgroupFixture([
      "devices/sda/dev": "8:0\n", "devices/sda/sda1/dev": "8:1\n",
      "devices/sda/sda1/partition": "1\n", "dev/block/x": "",
    ])
    for (number, target) in [("8:0", "sda"), ("8:1", "sda/sda1")] {
      try #require(
        symlink("../../devices/\(target)", "\(sys.path)/dev/block/\(number)") == 0)
    }
    let disk = InstanceStorage.disk(BlockDevice(major: 8, minor: 0))
    for minor: UInt32 in [0, 1] {
      let device = BlockDevice(major: 8, minor: minor)
      #expect(try InstanceStorage.disk(of: device, sys: sys.path, path: "/x") == disk)
    }
    let missing = try InstanceStorage.disk(
      of: BlockDevice(major: 9, minor: 9), sys: sys.path, path: "/x")
    #expect(missing != disk)
  }

  @Test(
    "Device numbers are split as the C library joins them.",
    arguments: [
      (UInt64(0xfe00), "254:0"), (0x801, "8:1"), (0x10305, "259:5"), (0x10_082c, "8:300"),
    ])
  func deviceNumbers(number: UInt64, text: String) {
    #expect(BlockDevice(number: number).description == text)
    #expect(BlockDevice(text) == BlockDevice(number: number))
  }

  @Test(
    "Amounts are shown to be read at a glance.",
    arguments: [
      (UInt64(0), "0B"), (1023, "1023B"), (1024, "1Ki"), (1536, "1.5Ki"),
      (12_900_000, "12.3Mi"), (1 << 40, "1Ti"),
    ])
  func amounts(value: UInt64, text: String) {
    #expect(ShortText.bytes(value) == text)
  }
}
