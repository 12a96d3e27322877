// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Work that a request asks for: `cpu:500ms` or `memory:64Mi:10s`.
enum Work: Hashable, Sendable {
  /// Use this much CPU time.
  case cpu(TimeAmount)
  /// Hold this many bytes for this long.
  case memory(Int, TimeAmount)

  static let longest = TimeAmount.minutes(10)
  static let largest = 64 << 30

  /// Why a text asks for nothing that could be done.
  struct Fault: Error {
    let message: String
  }

  init(_ text: String) throws(Fault) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    switch (parts.first, parts.count) {
    case ("cpu", 2): self = .cpu(try Self.time(parts[1]))
    case ("memory", 3): self = .memory(try Self.bytes(parts[1]), try Self.time(parts[2]))
    default:
      throw Fault(message: "work must be cpu:TIME or memory:AMOUNT:TIME, not \"\(text)\"")
    }
  }

  private static func time(_ text: Substring) throws(Fault) -> TimeAmount {
    let units = ["ms": Int64(1_000_000), "s": 1_000_000_000, "m": 60_000_000_000]
    guard let value = scaled(text, units), value > 0, value <= longest.nanoseconds else {
      throw Fault(
        message: "\"\(text)\" is not a time from 1ms to 10m, such as 500ms, 10s or 1m")
    }
    return .nanoseconds(value)
  }

  private static func bytes(_ text: Substring) throws(Fault) -> Int {
    let units = ["": Int64(1), "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30]
    guard let value = scaled(text, units), value > 0, value <= Int64(largest) else {
      throw Fault(message: "\"\(text)\" is not an amount of memory up to 64Gi, such as 64Mi")
    }
    return Int(value)
  }

  /// A whole number times what its unit stands for; nil when it is no such thing or too large.
  private static func scaled(_ text: Substring, _ units: [String: Int64]) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int64(digits), let unit = units[String(text.dropFirst(digits.count))]
    else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow ? nil : value
  }
}
