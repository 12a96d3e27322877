// SPDX-License-Identifier: Apache-2.0

/// The first line of `/proc/stat`: what all CPUs together did since the boot, in clock ticks.
package struct CPUTimes: Hashable, Sendable {
  package static let path = "/proc/stat"

  /// Everything but idle and waiting for io. Guests' time is part of user time (proc(5)) and not added again.
  package let busy: UInt64

  package init(busy: UInt64) { self.busy = busy }

  package init(parsing text: String) throws(KernelFileError) {
    let line = text.prefix { $0 != "\n" }
    let words = line.split(separator: " ")
    // user nice system idle iowait irq softirq steal …; steal is what a hypervisor took, not use.
    let numbers = words.dropFirst().prefix(7).map { UInt64($0) }
    guard words.first == "cpu", numbers.count >= 4, !numbers.contains(nil) else {
      throw .notAsExpected(Self.path, line, "the times of all CPUs")
    }
    busy = numbers.enumerated().reduce(0) { sum, next in
      next.offset == 3 || next.offset == 4 ? sum : sum &+ (next.element ?? 0)
    }
  }

  package static func current() throws(KernelFileError) -> CPUTimes {
    try CPUTimes(parsing: KernelFile.required(path))
  }
}
