// SPDX-License-Identifier: Apache-2.0
import Glibc
package import TendonModel

/// Measures a host's use from one call to the next. Reads five files of `/proc`; keeps nothing open.
package struct HostUsageSampler: Sendable {
  private var last: (times: CPUTimes, at: MonotonicTime)?

  package init() {}

  /// Use since the last call; the first call answers 0 for CPU.
  package mutating func sample() throws(KernelFileError) -> HostUsage {
    let times = try CPUTimes.current()
    let now = HostClock.bootTime
    let memory = try MemoryInfo.current()
    let cpu = last.map {
      Self.milli(from: $0.times, to: times, over: now - $0.at, ticksPerSecond: Self.ticksPerSecond)
    }
    last = (times, now)
    return HostUsage(
      cpuMilli: cpu ?? 0,
      memoryUsedBytes: UInt64(max(0, (memory.total - memory.available).rawValue)),
      cpuPressure: try PressureStall.ofHost(.cpu)?.someAverage10,
      memoryPressure: try PressureStall.ofHost(.memory)?.someAverage10,
      ioPressure: try PressureStall.ofHost(.io)?.someAverage10)
  }

  /// Thousandths of one CPU in use between two readings; 0 when the counters went back, as they may by a
  /// tick or with a CPU that was switched off.
  static func milli(
    from: CPUTimes, to: CPUTimes, over time: Duration, ticksPerSecond: Int64
  ) -> UInt32 {
    let nanoseconds = time.wholeNanoseconds
    guard to.busy > from.busy, nanoseconds > 0 else { return 0 }
    let seconds = Double(to.busy - from.busy) / Double(ticksPerSecond)
    return UInt32(min(seconds * 1e12 / Double(nanoseconds), Double(UInt32.max)))
  }

  private static let ticksPerSecond = Int64(sysconf(Int32(_SC_CLK_TCK)))
}
