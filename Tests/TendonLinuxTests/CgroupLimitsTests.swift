// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import TendonLinux

@Suite("Writing limits and reading them back")
struct CgroupLimitsTests {
  static let device = BlockDevice(major: 254, minor: 0)
  let writer = LimitsWriter(storage: .disk(device), shrinkDeadline: Span(milliseconds: 60))

  private func resources(memory: Int64, cpu: Int64 = 500) -> Resources {
    Resources(
      cpu: CPUResources(request: MilliCPU(250), limit: .value(MilliCPU(cpu))),
      memory: MemoryResources(request: .mebibytes(1), limit: .value(.mebibytes(memory))),
      pids: .value(20))
  }

  @Test("Every knob is written, read back and in force.")
  func writesAll() {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    let reports = writer.apply(resources(memory: 64), to: leaf.path)
    #expect(
      reports.map(\.knob) == [
        "cpu.weight", "cpu.max", "cpu.max.burst", "cpuset.cpus", "memory.min", "memory.low",
        "memory.high", "memory.max", "memory.swap.max", "memory.oom.group", "io.max", "pids.max",
      ])
    // A folder takes "rbps=max wbps=max" as it comes, and so does the comparison.
    #expect(reports.allSatisfy { $0.isInForce })
    // The fixture is of a kernel without cpuset, and nothing was asked of it.
    #expect(reports.filter { $0.note != nil }.map(\.knob) == ["cpuset.cpus"])
    #expect(leaf.text("cpu.max") == "50000 100000")
    #expect(leaf.text("memory.max") == "67108864")
    #expect(leaf.text("memory.high") == "65011712")
    #expect(reports[7].written == "67108864")
    #expect(reports[7].readBack == "67108864")
  }

  @Test("A fresh cgroup is only given what differs from the kernel's defaults.")
  func fresh() {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    leaf.put("0", in: "cpu.max")
    let reports = writer.apply(Resources(), to: leaf.path, manner: .init(isFresh: true))
    #expect(reports.map(\.knob) == ["cpu.weight", "memory.low", "memory.oom.group"])
    #expect(reports.allSatisfy { $0.isInForce && $0.written != nil })
    #expect(leaf.text("cpu.max") == "0")
  }

  @Test("A file that is missing is told, and keeps nothing else from being written.")
  func missingFile() throws {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    for file in ["cpu.max", "pids.max", "io.max"] { leaf.remove(file) }
    let reports = writer.apply(resources(memory: 64), to: leaf.path)
    let cpu = try #require(reports.first { $0.knob == "cpu.max" })
    #expect(!cpu.isInForce)
    #expect(cpu.readBack == nil && cpu.written == nil)
    #expect(cpu.note?.contains("the cpu controller is not enabled") == true)
    // Nothing was asked of io, so its absence changes nothing.
    #expect(reports.first { $0.knob == "io.max" }?.isInForce == true)
    #expect(reports.first { $0.knob == "memory.max" }?.isInForce == true)
  }

  @Test("A file that can't be written gives its errno and leaves the rest alone.")
  func unwritable() throws {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    leaf.remove("cpu.max")
    leaf.put("", in: "cpu.max/folder")
    let reports = writer.apply(resources(memory: 64), to: leaf.path)
    let cpu = try #require(reports.first { $0.knob == "cpu.max" })
    #expect(cpu.note?.contains("Is a directory (21)") == true)
    #expect(!cpu.isInForce)
    #expect(reports.filter { $0.isInForce }.count == reports.count - 1)
  }

  @Test("Only what changed is written; what somebody else changed is put right.")
  func onlyChanges() {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    let old = resources(memory: 64)
    _ = writer.apply(old, to: leaf.path)
    // Two blanks mean the same to the comparison and show that nobody wrote.
    leaf.put("50000  100000", in: "cpu.max")
    leaf.put("77", in: "pids.max")
    let reports = writer.apply(resources(memory: 128), to: leaf.path, previous: old)
    #expect(leaf.text("cpu.max") == "50000  100000")
    #expect(leaf.text("pids.max") == "20")
    #expect(leaf.text("memory.max") == "134217728")
    // What is the kernel's default and stays so is left out.
    #expect(
      reports.map(\.knob) == [
        "cpu.weight", "cpu.max", "memory.low", "memory.high", "memory.max", "memory.oom.group",
        "pids.max",
      ])
    #expect(reports.allSatisfy { $0.isInForce })
  }

  @Test("Memory that is in use is not taken: the old limit stays, by how much it missed is said.")
  func refusedShrink() throws {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    let old = resources(memory: 64)
    _ = writer.apply(old, to: leaf.path)
    leaf.put("\(40 << 20)\n", in: "memory.current")
    let reports = writer.apply(resources(memory: 32, cpu: 1000), to: leaf.path, previous: old)
    let max = try #require(reports.first { $0.knob == "memory.max" })
    #expect(!max.isInForce)
    #expect(max.written == nil)
    #expect(max.readBack == "67108864")
    #expect(max.note?.hasPrefix("8388608 bytes (8Mi) too many are in use") == true)
    let high = try #require(reports.first { $0.knob == "memory.high" })
    #expect(!high.isInForce)
    #expect(leaf.text("memory.high") == "65011712")
    #expect(leaf.text("cpu.max") == "100000 100000")
    #expect(leaf.text("memory.reclaim")?.isEmpty == false)
  }

  @Test("Memory that is not in use is taken at once.")
  func shrink() {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    let old = resources(memory: 64)
    _ = writer.apply(old, to: leaf.path)
    let reports = writer.apply(resources(memory: 32), to: leaf.path, previous: old)
    #expect(reports.allSatisfy { $0.isInForce })
    #expect(leaf.text("memory.max") == "33554432")
    #expect(leaf.text("memory.reclaim") == "")
  }

  @Test("An odd limit is in force when the kernel rounds it to a page, and the note says so.")
  func rounding() throws {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    var odd = resources(memory: 64)
    odd.memory.limit = .value(Bytes(64_000_001))
    leaf.put("63995904", in: "memory.max")
    let knob = try #require(
      Knob.all(for: odd, storage: writer.storage).first { $0.file == "memory.max" })
    #expect(!knob.report(at: CgroupFolder(leaf.path), wasWritten: true).isInForce)
    leaf.put("64000000", in: "memory.max")
    let report = knob.report(at: CgroupFolder(leaf.path), wasWritten: true)
    #expect(report.isInForce)
    #expect(report.note?.contains("rounds down to pages") == true)
  }

  @Test("Reading shows spec, kernel and use, and writes nothing.")
  func reads() throws {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    var wanted = resources(memory: 64)
    wanted.io.write = .value(ByteRate(1 << 20))
    _ = writer.apply(wanted, to: leaf.path)
    leaf.put("254:0 rbytes=2048 wbytes=4194304 rios=1 wios=2 dbytes=0 dios=0", in: "io.stat")
    leaf.put("99", in: "pids.max")
    let reports = try LimitsReader(storage: writer.storage).read(leaf.path, resources: wanted)
    let use = Dictionary(uniqueKeysWithValues: reports.map { ($0.knob, $0.use) })
    #expect(use["cpu.max"] == "1.2s used, throttled in 30 of 31 periods")
    #expect(use["memory.max"] == "1Mi used, at most 2Mi")
    #expect(use["memory.high"] == "reached 7 times")
    #expect(use["memory.oom.group"] == "0 killed for memory")
    #expect(use["pids.max"] == "3 in use")
    #expect(use["io.max"] == "2Ki read, 4Mi written")
    #expect(use["cpu.weight"] == .some(nil))
    let pids = try #require(reports.first { $0.knob == "pids.max" })
    #expect(!pids.isInForce && pids.readBack == "99" && pids.note != nil)
    #expect(leaf.text("pids.max") == "99")
  }

  @Test("A file of use that makes no sense is an error; one that is missing is no use.")
  func malformedUse() throws {
    let leaf = CgroupFixture(CgroupFixture.leafFiles)
    leaf.remove("pids.current")
    leaf.remove("memory.peak")
    let reader = LimitsReader(storage: writer.storage)
    let reports = try reader.read(leaf.path, resources: Resources())
    #expect(reports.first { $0.knob == "pids.max" }?.use == nil)
    #expect(reports.first { $0.knob == "memory.max" }?.use == "1Mi used")
    leaf.put("lots", in: "memory.current")
    #expect(
      throws: KernelFileError.malformed(
        path: leaf.path + "/memory.current", text: "lots", expected: "a number")
    ) { try reader.read(leaf.path, resources: Resources()) }
  }
}
