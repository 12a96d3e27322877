// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel
import Testing

@testable import TendonLinux

@Suite("Limits of every controller, on folders of files")
struct CgroupResourceTests {
  private static let device = BlockDevice(major: 254, minor: 0)
  private let writer = LimitsWriter(
    storage: .disk(device), shrinkDeadline: Span(milliseconds: 60))

  private func sized(cpu: Int64, burst: Int64) -> Resources {
    Resources(cpu: CPUResources(limit: .value(MilliCPU(cpu)), burst: MilliCPU(burst)))
  }

  @Test("A burst is lowered before the quota and raised after it.")
  func burstOrder() {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    let (large, small) = (sized(cpu: 1000, burst: 800), sized(cpu: 400, burst: 300))
    func order(_ resources: Resources) -> [String] {
      CPUController.order(CPUController.knobs(for: resources.cpu), at: CgroupFolder(leaf.path)).map(
        \.file)
    }
    #expect(order(large) == ["cpu.weight", "cpu.max", "cpu.max.burst"])
    _ = writer.apply(large, to: leaf.path)
    #expect(leaf.text("cpu.max.burst") == "80000")
    #expect(order(small) == ["cpu.max.burst", "cpu.weight", "cpu.max"])
    #expect(writer.apply(small, to: leaf.path, previous: large).allSatisfy { $0.isInForce })
    #expect(leaf.text("cpu.max") == "40000 100000")
    #expect(leaf.text("cpu.max.burst") == "30000")
    let none = writer.apply(sized(cpu: 400, burst: 0), to: leaf.path, previous: small)
    #expect(none.first { $0.knob == "cpu.max.burst" }?.readBack == "0")
  }

  @Test("A kernel without burst, swap and huge pages says so for each, and nothing else is lost.")
  func absent() {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    for file in ["cpu.max.burst", "memory.swap.max"] { leaf.remove(file) }
    var resources = sized(cpu: 1000, burst: 100)
    resources.memory.swap = .value(.zero)
    resources.hugepages = HugePages([.mebibytes(2): .mebibytes(64)])
    let reports = writer.apply(resources, to: leaf.path)
    let missing = reports.filter { !$0.isInForce }
    #expect(missing.map(\.knob) == ["cpu.max.burst", "memory.swap.max", "hugetlb.2MB.max"])
    for report in missing { #expect(report.note?.hasPrefix("not available: ") == true) }
    #expect(leaf.text("cpu.max") == "100000 100000")
  }

  @Test("Guaranteed memory is in memory.min, and gone when it is not any more.")
  func guaranteed() {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    let resources = Resources(
      memory: MemoryResources(request: .mebibytes(8), isGuaranteed: true, swap: .value(.zero)))
    _ = writer.apply(resources, to: leaf.path)
    #expect(leaf.text("memory.min") == "8388608")
    #expect(leaf.text("memory.low") == "8388608")
    #expect(leaf.text("memory.swap.max") == "0")
    let plain = Resources(memory: MemoryResources(request: .mebibytes(8)))
    let reports = writer.apply(plain, to: leaf.path, previous: resources)
    #expect(reports.first { $0.knob == "memory.min" }?.readBack == "0")
    #expect(leaf.text("memory.swap.max") == "max")
  }

  @Test("Huge pages are limited by the kernel's names for sizes, and freed when not asked for.")
  func hugepages() {
    let leaf = CgroupFixture(
      CgroupFixture.leafFiles.merging(
        ["hugetlb.2MB.max": "max\n", "hugetlb.1GB.max": "max\n", "hugetlb.2MB.current": "0\n"]
      ) { $1 })
    let resources = Resources(
      hugepages: HugePages([.mebibytes(2): .mebibytes(64), .mebibytes(1024): .zero]))
    #expect(writer.apply(resources, to: leaf.path).allSatisfy { $0.isInForce })
    #expect(leaf.text("hugetlb.2MB.max") == "67108864")
    #expect(leaf.text("hugetlb.1GB.max") == "0")
    _ = writer.apply(Resources(), to: leaf.path, previous: resources)
    #expect(leaf.text("hugetlb.2MB.max") == "max")
    #expect(HugetlbController.file(Bytes(64 << 10), "max") == "hugetlb.64KB.max")
  }

  @Test("Cores are written, given back, and refused with the reason.")
  func cores() throws {
    let leaf = CgroupFixture(
      CgroupFixture.leafFiles.merging(["cpuset.cpus": "", "cpuset.cpus.effective": "2-3"]) { $1 })
    let resources = Resources(cores: 2)
    let grant = CoreGrant.exclusive(CPUList([2, 3]))
    let reports = writer.apply(resources, to: leaf.path, manner: .init(cores: grant))
    let knob = try #require(reports.first { $0.knob == "cpuset.cpus" })
    #expect(knob.isInForce && knob.readBack == "2-3" && knob.requested == "2 cores")
    let read = try LimitsReader(storage: writer.storage).read(
      leaf.path, resources: resources, cores: grant)
    #expect(read.first { $0.knob == "cpuset.cpus" }?.use == "runs on 2-3")
    let refused = writer.apply(
      resources, to: leaf.path,
      manner: .init(cores: .refused(count: 2, reason: "none is left")))
    let report = try #require(refused.first { $0.knob == "cpuset.cpus" })
    #expect(!report.isInForce && report.note == "none is left" && report.written == nil)
    try CpusetController.widen(leaf.path, to: CPUList(0..<8))
    #expect(leaf.text("cpuset.cpus") == "0-7")
    leaf.put("", in: "cpuset.cpus")
    try CpusetController.widen(leaf.path, to: CPUList(0..<8))
    #expect(leaf.text("cpuset.cpus") == "", "it was never restricted")
  }

  private func sysfs() throws -> CgroupFixture {
    let sys = CgroupFixture([
      "devices/sdb/dev": "8:16\n", "class/block/sdb/dev": "8:16\n", "class/block/odd/dev": "x\n",
      "dev/block/x": "",
    ])
    try #require(symlink("../../devices/sdb", "\(sys.path)/dev/block/8:16") == 0)
    return sys
  }

  private func knobs(_ io: IOResources, _ sys: CgroupFixture, held: String = "") -> [String] {
    IOController(storage: writer.storage, leaf: nil, held: held, sys: sys.path)
      .knobs(for: io, previous: nil).map { "\($0.name): \($0.wanted ?? $0.note ?? "")" }
  }

  @Test("Operations and other devices have lines in io.max; what is not there has its reason.")
  func devices() throws {
    let sys = try sysfs()
    let io = IOResources(
      readOps: .value(100),
      devices: [
        "sdb": IORates(write: .value(ByteRate(5))), "8:16": IORates(read: .value(ByteRate(9))),
        "sdz": IORates(), "9:9": IORates(), "odd": IORates(), "/nowhere/at/all": IORates(),
      ])
    let lines = knobs(io, sys)
    #expect(lines.first == "io.max: 254:0 rbps=max wbps=max riops=100 wiops=max")
    #expect(lines.last == "io.max 8:16: 8:16 rbps=9 wbps=5 riops=max wiops=max")
    #expect(lines.contains { $0.hasPrefix("io.max sdz: this host has no block device sdz") })
    #expect(lines.contains { $0.hasPrefix("io.max 9:9: ") && $0.contains("is missing") })
    #expect(lines.contains { $0.hasPrefix("io.max odd: ") && $0.contains("not a device number") })
    #expect(lines.contains { $0.hasPrefix("io.max /nowhere/at/all: cannot read") })
    #expect(lines.count == 6)
  }

  @Test(
    "The storage's own device by name lowers its line; one that only the kernel knows is freed.")
  func sameDevice() throws {
    let sys = try sysfs()
    try #require(symlink("../../devices/sdb", "\(sys.path)/dev/block/254:0") == 0)
    let io = IOResources(
      write: .value(ByteRate(10)), devices: ["254:0": IORates(write: .value(ByteRate(7)))])
    #expect(
      knobs(io, sys, held: "8:16 rbps=1 wbps=max riops=max wiops=max") == [
        "io.max: 254:0 rbps=max wbps=7 riops=max wiops=max",
        "io.max 8:16: 8:16 rbps=max wbps=max riops=max wiops=max",
      ])
  }

  @Test("Where only BFQ weighs, its file is written, up to its own bound.")
  func bfq() throws {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    leaf.remove("io.weight")
    leaf.put("default 100\n", in: "io.bfq.weight")
    let reports = writer.apply(Resources(io: IOResources(weight: 5000)), to: leaf.path)
    let report = try #require(reports.last { $0.knob.hasPrefix("io.bfq") })
    #expect(report.readBack == "default 1000" && report.isInForce)
    #expect(report.note?.hasPrefix("lowered to 1000") == true)
  }

  @Test("A weight that nothing acts on is told, with what would help.")
  func costIsOff() {
    let root = CgroupFixture(["io.cost.qos": "8:0 enable=1 ctrl=auto\n", "web/io.weight": ""])
    func note() -> String? {
      IOController(storage: writer.storage, leaf: root.path + "/web", held: "")
        .knobs(for: IOResources(weight: 200), previous: nil).last?.note
    }
    #expect(note()?.contains("254:0 enable=1\" > \(root.path)/io.cost.qos") == true)
    root.put("8:0 enable=0\n254:0 enable=1 ctrl=auto\n", in: "io.cost.qos")
    #expect(note() == nil)
    root.remove("io.cost.qos")
    #expect(note() == nil, "it can't be seen")
  }

  @Test("A service's own cgroup holds the sums of requests and the caps.")
  func slice() {
    let slice = CgroupFixture(CgroupFixture.leafFiles)
    var share = SliceShare()
    for _ in 0..<10 { share.add(Resources()) }
    share.limits = ServiceLimits(
      cpu: .value(MilliCPU(2000)), memory: .value(.mebibytes(256)), swap: .value(.zero),
      pids: .value(500), io: IOResources(write: .value(ByteRate(5_000_000))))
    let reports = writer.apply(share, to: slice.path)
    #expect(reports.allSatisfy { $0.isInForce }, "\(reports)")
    #expect(slice.text("io.max") == "254:0 rbps=max wbps=5000000 riops=max wiops=max")
    #expect(slice.text("cpu.weight") == "100")
    #expect(slice.text("memory.low") == "\(640 << 20)")
    #expect(slice.text("cpu.max") == "200000 100000")
    #expect(slice.text("memory.max") == "\(256 << 20)")
    #expect(slice.text("memory.swap.max") == "0")
    #expect(slice.text("pids.max") == "500")
    #expect(slice.text("memory.oom.group") == "0")
  }
}

@Suite("Taking memory away")
struct MemoryShrinkTests {
  private let writer = LimitsWriter(
    storage: .none(reason: "a test"), shrinkDeadline: Span(milliseconds: 60))

  private func limited(_ mebibytes: Int64) -> Resources {
    Resources(memory: MemoryResources(request: .zero, limit: .value(.mebibytes(mebibytes))))
  }

  /// 40 MiB in use, of which 8 MiB are file cache.
  private func leaf() -> CgroupFixture {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    _ = writer.apply(limited(64), to: leaf.path)
    leaf.put("\(40 << 20)\n", in: "memory.current")
    leaf.put(
      "anon \(30 << 20)\nfile \(9 << 20)\nactive_file \(3 << 20)\ninactive_file \(5 << 20)\n",
      in: "memory.stat")
    leaf.put("0\n", in: "memory.swap.max")
    return leaf
  }

  @Test("The floor is what neither cache nor swap can give.")
  func floor() throws {
    let floor = MemoryFloor(current: 100, fileCache: 30, anonymous: 50, swapFree: 20)
    #expect(floor.bytes == 50)
    #expect(MemoryFloor(current: 100, fileCache: 30, anonymous: 10, swapFree: 99).bytes == 60)
    #expect(MemoryFloor(current: 10, fileCache: 30, anonymous: 10, swapFree: 99).bytes == 0)
    let leaf = leaf()
    #expect(try MemoryFloor.read(leaf.path)?.bytes == 32 << 20)
    leaf.remove("memory.stat")
    #expect(try MemoryFloor.read(leaf.path) == nil)
  }

  @Test("Below the floor it is refused at once, with the floor, and nothing is touched.")
  func refused() throws {
    let leaf = leaf()
    let reports = writer.apply(limited(16), to: leaf.path, previous: limited(64))
    let max = try #require(reports.first { $0.knob == "memory.max" })
    #expect(!max.isInForce && max.written == nil && max.readBack == "67108864")
    #expect(max.note?.contains("the floor is 33554432 bytes (32Mi)") == true, "\(max)")
    #expect(max.note?.contains("--force") == true)
    #expect(leaf.text("memory.high") == "65011712")
    #expect(leaf.text("memory.reclaim") == "")
  }

  @Test("Above the floor it is tried, and the old limit comes back when it does not help.")
  func rolledBack() throws {
    let leaf = leaf()
    let reports = writer.apply(limited(36), to: leaf.path, previous: limited(64))
    let max = try #require(reports.first { $0.knob == "memory.max" })
    #expect(!max.isInForce && max.readBack == "67108864")
    #expect(max.note?.contains("4194304 bytes (4Mi) too many are in use") == true, "\(max)")
    #expect(leaf.text("memory.high") == "65011712")
    #expect(leaf.text("memory.reclaim") != "")
  }

  @Test("Forced, it is written whatever is in use.")
  func forced() throws {
    let leaf = leaf()
    let reports = writer.apply(
      limited(16), to: leaf.path, previous: limited(64), manner: .init(isForced: true))
    let max = try #require(reports.first { $0.knob == "memory.max" })
    #expect(max.isInForce && max.written == "16777216")
    #expect(leaf.text("memory.max") == "16777216")
    #expect(leaf.text("memory.high") == "\(31 << 19)")
  }

  @Test("What came down by itself is enough.")
  func fits() {
    let leaf = leaf()
    leaf.put("\(20 << 20)\n", in: "memory.current")
    let reports = writer.apply(limited(24), to: leaf.path, previous: limited(64))
    #expect(reports.allSatisfy { $0.isInForce })
    #expect(leaf.text("memory.max") == "25165824")
  }
}
