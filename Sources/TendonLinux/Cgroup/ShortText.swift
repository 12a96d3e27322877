// SPDX-License-Identifier: Apache-2.0

/// Amounts as people read them at a glance; rounded, for `use` and notes only.
enum ShortText {
  /// `1.2s`; three significant places are kept below a second.
  static func seconds(microseconds: UInt64) -> String {
    if microseconds < 1_000_000 { return "\(microseconds / 1000)ms" }
    return tenths(microseconds / 100_000) + "s"
  }

  /// `12.3Mi`: the largest binary unit that leaves at least 1.
  static func bytes(_ value: UInt64) -> String {
    for (unit, shift) in [("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)]
      as [(String, UInt64)]
    where value >> shift > 0 {
      let whole = value >> shift
      let rest = value & ((1 << shift) - 1)
      return tenths(whole * 10 + (rest >> (shift - 10)) * 10 / 1024) + unit
    }
    return "\(value)B"
  }

  private static func tenths(_ value: UInt64) -> String {
    value % 10 == 0 ? "\(value / 10)" : "\(value / 10).\(value % 10)"
  }
}
