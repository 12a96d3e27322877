// SPDX-License-Identifier: Apache-2.0

/// How fast and how far instances are moved. `docs/disruption.md` says what for; `--disruption KEY=VALUE` sets them.
package struct DisruptionSettings: Hashable, Sendable {
  /// How many instances may be moved off hosts that are down at once. Default 1,000: what one host is made to hold.
  /// Lowering it makes a large host's replacements come in portions.
  package var moveBurst = 1000
  /// How many more each minute after that. Default 600. Raising it lets a wave of failures move more.
  package var movesPerMinute = 600

  package init() {}

  private static var counts: [(key: String, path: WritableKeyPath<Self, Int>)] {
    [("move-burst", \.moveBurst), ("moves-per-minute", \.movesPerMinute)]
  }
  private static var range: ClosedRange<Int> { 1...1_000_000 }

  /// Sets one from `KEY=VALUE`.
  package mutating func set(_ text: String) throws(SettingError) {
    let (key, value) = try SettingError.split(text)
    guard let found = Self.counts.first(where: { $0.key == key }) else {
      throw .unknownKey(key, of: "disruption", known: Self.counts.map(\.key))
    }
    guard let count = Int(value), Self.range.contains(count) else {
      throw .badValue(
        key: key, value: value,
        wanted: "a whole number from \(Self.range.lowerBound) to \(Self.range.upperBound)")
    }
    self[keyPath: found.path] = count
  }
}
