// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// The kernel's random name for the current boot.
package struct BootID: Hashable, Sendable, CustomStringConvertible {
  package static let path = "/proc/sys/kernel/random/boot_id"

  package let high: UInt64
  package let low: UInt64

  /// Accepts a UUID as the kernel writes it: 32 hexadecimal digits with dashes.
  package init(parsing text: String) throws(KernelFileError) {
    let digits = text.filter { $0 != "-" }
    guard text.utf8.count == 36, digits.utf8.count == 32,
      digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }),
      let high = UInt64(digits.prefix(16), radix: 16),
      let low = UInt64(digits.suffix(16), radix: 16)
    else { throw .notAsExpected(Self.path, text, "a boot id") }
    self.high = high
    self.low = low
  }

  package static func current() throws(KernelFileError) -> BootID {
    try BootID(parsing: KernelFile.required(path))
  }

  /// As the kernel writes it.
  package var description: String {
    Incarnation(bootHigh: high, bootLow: low, agentStartedAt: 0).bootID
  }

  /// The life of an agent that started at `agentStart` on this boot.
  package func incarnation(startedAt agentStart: MonotonicTime) -> Incarnation {
    Incarnation(
      bootHigh: high, bootLow: low, agentStartedAt: UInt64(max(0, agentStart.nanoseconds)))
  }
}
