// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Pressure stall information: the share of time in which tasks waited for a resource
/// (Documentation/accounting/psi.rst).
package struct PressureStall: Hashable, Sendable {
  package enum Resource: String, Hashable, Sendable, CaseIterable {
    case cpu, memory, io
  }

  /// Some task waited, over the last ten seconds, in hundredths of a percent: 0 to 10,000.
  package let someAverage10: UInt16
  /// All tasks waited; nil where the kernel does not tell (`cpu`, before 5.13).
  package let fullAverage10: UInt16?

  package init(parsing text: String, path: String) throws(KernelFileError) {
    var averages: [Substring: UInt16] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 2, words[1].hasPrefix("avg10="),
        let average = Self.hundredths(words[1].dropFirst(6))
      else { throw .notAsExpected(path, line, "a line of pressure averages") }
      averages[words[0]] = average
    }
    guard let some = averages["some"] else {
      throw .notAsExpected(path, text, "pressure with a line \"some\"")
    }
    someAverage10 = some
    fullAverage10 = averages["full"]
  }

  /// The host's pressure; nil where the kernel does not measure it.
  package static func ofHost(
    _ resource: Resource, proc: String = "/proc"
  ) throws(KernelFileError) -> PressureStall? {
    try read("\(proc)/pressure/\(resource.rawValue)")
  }

  /// A cgroup's pressure; nil where the kernel does not measure it, or the cgroup is gone.
  package static func ofCgroup(
    _ path: String, _ resource: Resource
  ) throws(KernelFileError) -> PressureStall? {
    try read("\(path)/\(resource.rawValue).pressure")
  }

  private static func read(_ path: String) throws(KernelFileError) -> PressureStall? {
    do throws(KernelFileError) {
      guard let text = try KernelFile.read(path) else { return nil }
      return try PressureStall(parsing: text, path: path)
    } catch {
      // EOPNOTSUPP : the kernel has the code but was booted with psi=0, or it is off for this cgroup.
      if case .cannotRead(_, EOPNOTSUPP) = error { return nil }
      throw error
    }
  }

  /// `12.34` as 1,234; nil when it is something else.
  private static func hundredths(_ text: Substring) -> UInt16? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].utf8.count == 2, let whole = UInt16(parts[0]), whole <= 100,
      let fraction = UInt16(parts[1])
    else { return nil }
    return whole * 100 + fraction
  }
}
