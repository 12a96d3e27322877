// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import TendonLinux

@Suite("Facts of a host")
struct HostFactsTests {
  @Test("Memory is read from its two lines, in bytes.")
  func memory() throws {
    let text = "MemTotal:       16318764 kB\nMemFree:  100 kB\nMemAvailable:    1024 kB\n"
    let info = try MemoryInfo(parsing: text)
    #expect(info.total == Bytes(16_318_764 << 10))
    #expect(info.available == .mebibytes(1))
  }

  @Test(
    "Memory that makes no sense is refused.",
    arguments: [
      "", "MemTotal: 5 kB\n", "MemTotal: x kB\nMemAvailable: 1 kB",
      "MemTotal: 5 MB\nMemAvailable: 1 kB", "MemTotal: -5 kB\nMemAvailable: 1 kB",
      "MemTotal: 9223372036854775807 kB\nMemAvailable: 1 kB",
    ])
  func malformedMemory(text: String) {
    #expect(throws: KernelFileError.self) { try MemoryInfo(parsing: text) }
  }

  @Test("CPU use is everything but idle, waiting for io and what was stolen.")
  func cpuTimes() throws {
    let times = try CPUTimes(parsing: "cpu  10 20 30 4000 500 6 7 800 9 9\ncpu0 1 2 3 4\n")
    #expect(times.busy == 73)
    #expect(try CPUTimes(parsing: "cpu 1 2 3 4").busy == 6)
  }

  @Test(
    "Times that make no sense are refused.",
    arguments: ["", "cpu 1 2", "cpu0 1 2 3 4", "cpu 1 x 3 4"])
  func malformedTimes(text: String) {
    #expect(throws: KernelFileError.self) { try CPUTimes(parsing: text) }
  }

  @Test(
    "Use between two readings is in thousandths of a CPU.",
    arguments: [
      (UInt64(100), UInt64(125), Duration.milliseconds(250), UInt32(1000)),
      (0, 100, .seconds(2), 500),
      (100, 100, .seconds(1), 0), (100, 90, .seconds(1), 0), (0, 5, .zero, 0),
    ])
  func milli(from: UInt64, to: UInt64, time: Duration, expected: UInt32) {
    #expect(
      HostUsageSampler.milli(
        from: CPUTimes(busy: from), to: CPUTimes(busy: to), over: time, ticksPerSecond: 100)
        == expected)
  }

  @Test("Pressure is in hundredths of a percent; full may be missing.")
  func pressure() throws {
    let both = try PressureStall(
      parsing: "some avg10=12.34 avg60=0.00 avg300=0.00 total=5\n"
        + "full avg10=100.00 avg60=0.00 avg300=0.00 total=1", path: "p")
    #expect(both.someAverage10 == 1234)
    #expect(both.fullAverage10 == 10_000)
    let some = try PressureStall(
      parsing: "some avg10=0.07 avg60=0.00 avg300=0.00 total=5", path: "p")
    #expect(some.someAverage10 == 7)
    #expect(some.fullAverage10 == nil)
  }

  @Test(
    "Pressure that makes no sense is refused.",
    arguments: [
      "", "some avg10=1.2", "some avg10=101.00 x", "full avg10=0.00 avg60=0.00", "some avg60=0.00",
      "some avg10=-1.00",
    ])
  func malformedPressure(text: String) {
    #expect(throws: KernelFileError.self) { try PressureStall(parsing: text, path: "p") }
  }

  @Test("Pressure that the kernel does not measure is nil.")
  func noPressure() throws {
    let proc = CgroupFixture(["pressure/cpu": "some avg10=1.00 avg60=0.00 avg300=0.00 total=0\n"])
    #expect(try PressureStall.ofHost(.cpu, proc: proc.path)?.someAverage10 == 100)
    #expect(try PressureStall.ofHost(.io, proc: proc.path) == nil)
    #expect(try PressureStall.ofCgroup(proc.path, .memory) == nil)
  }

  @Test("A boot id becomes two halves in network order.")
  func bootID() throws {
    let id = try BootID(parsing: "00112233-4455-6677-8899-aabbccddeeff")
    #expect(id.high == 0x0011_2233_4455_6677)
    #expect(id.low == 0x8899_aabb_ccdd_eeff)
    #expect("\(id)" == "00112233-4455-6677-8899-aabbccddeeff")
    let life = id.incarnation(startedAt: MonotonicTime(nanoseconds: 5))
    #expect(life == Incarnation(bootHigh: id.high, bootLow: id.low, agentStartedAt: 5))
  }

  @Test(
    "A boot id that makes no sense is refused.",
    arguments: [
      "", "00112233", "00112233-4455-6677-8899-aabbccddeefg", "00112233445566778899aabbccddeeff",
    ])
  func malformedBootID(text: String) {
    #expect(throws: KernelFileError.self) { try BootID(parsing: text) }
  }

  @Test("This host has CPUs, memory, a kernel, a boot and clocks that go forward.")
  func thisHost() throws {
    let all = try HostProbe.capacity(reservingCPU: .zero, memory: .zero)
    #expect(all.cpu >= MilliCPU(1000))
    #expect(all.memory > .mebibytes(16))
    let less = try HostProbe.capacity(reservingCPU: MilliCPU(100), memory: .mebibytes(1))
    #expect(less.cpu == all.cpu - MilliCPU(100))
    #expect(less.memory == all.memory - .mebibytes(1))
    let none = try HostProbe.capacity(reservingCPU: MilliCPU(1 << 40), memory: Bytes(1 << 60))
    #expect(none == HostCapacity(cpu: .zero, memory: .zero))
    #expect(try HostProbe.kernelRelease().contains("."))
    #expect(try BootID.current() == BootID.current())
    let before = HostClock.now
    #expect(HostClock.now.monotonic > before.monotonic)
    #expect(before.wall > Timestamp(millisecondsSinceEpoch: 1_700_000_000_000))
    var sampler = HostUsageSampler()
    #expect(try sampler.sample().cpuMilli == 0)
    #expect(try sampler.sample().memoryUsedBytes > 0)
  }
}
