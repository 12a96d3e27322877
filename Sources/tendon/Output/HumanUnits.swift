// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import TendonModel

/// Measured values as people read them: short, and rounded where the exact value says no more.
enum HumanUnits {
  /// `512B`, `12.3Mi`, `1.5Gi`: three digits at most before a unit is left.
  static func bytes(_ value: UInt64) -> String {
    let units = ["B", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
    var unit = 0
    var tenths = UInt128(value) * 10
    while tenths >= 10_240 && unit < units.count - 1 {
      tenths = (tenths + 512) / 1024
      unit += 1
    }
    if unit == 0 { return value == 0 ? "0" : "\(value)B" }
    return decimal(tenths: UInt64(tenths)) + units[unit]
  }

  /// `0`, `250m`, `1.25`.
  static func cpu(milli: UInt32) -> String {
    if milli < 1000 { return milli == 0 ? "0" : "\(milli)m" }
    let hundredths = (UInt64(milli) + 5) / 10
    let fraction = hundredths % 100
    if fraction == 0 { return "\(hundredths / 100)" }
    let digits = (fraction < 10 ? "0" : "") + "\(fraction)"
    return "\(hundredths / 100).\(digits.hasSuffix("0") ? String(digits.dropLast()) : digits)"
  }

  /// `85us`, `1.2ms`, `3.4s`.
  static func microseconds(_ value: Int64) -> String {
    let count = UInt64(clamping: value)
    if count < 1000 { return "\(count)us" }
    if count < 999_500 { return decimal(tenths: (count + 50) / 100) + "ms" }
    return decimal(tenths: (count + 50_000) / 100_000) + "s"
  }

  /// `0s`, `59s`, `5m12s`, `3h20m`, `4d3h`; a time in the future, from a clock ahead of ours, is `0s`.
  static func age(milliseconds: Int64) -> String {
    let seconds = max(0, milliseconds) / 1000
    switch seconds {
    case ..<60: return "\(seconds)s"
    case ..<3600: return pair(seconds, 60, "m", "s")
    case ..<86_400: return pair(seconds / 60, 60, "h", "m")
    default: return pair(seconds / 3600, 24, "d", "h")
    }
  }

  static func age(of time: Timestamp?, at now: Timestamp) -> String {
    time.map { age(milliseconds: now.millisecondsSinceEpoch - $0.millisecondsSinceEpoch) } ?? ""
  }

  private static func pair(_ value: Int64, _ size: Int64, _ high: String, _ low: String) -> String {
    value % size == 0 ? "\(value / size)\(high)" : "\(value / size)\(high)\(value % size)\(low)"
  }

  private static func decimal(tenths: UInt64) -> String {
    tenths >= 1000 || tenths % 10 == 0 ? "\((tenths + 5) / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}

extension Timestamp {
  /// The wall clock's time, to show ages by.
  static var now: Timestamp {
    Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1000))
  }
}
