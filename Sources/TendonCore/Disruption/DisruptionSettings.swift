// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// How fast and how far instances are moved, and what keeps them from it. `docs/disruption.md` says what for;
/// `--disruption KEY=VALUE` sets them.
package struct DisruptionSettings: Hashable, Sendable {
  /// How many instances may be moved off hosts that are down at once. Default 1,000: what one host is made to hold.
  /// Lowering it makes a large host's replacements come in portions.
  package var moveBurst = 1000
  /// How many more each minute after that. Default 600. Raising it lets a wave of failures move more.
  package var movesPerMinute = 600

  // MARK: Instances that crash hosts

  /// How many hosts have to go down under an instance, one after the other, before it is not placed any more. Default 3;
  /// 0: it always is. Raising it costs further hosts where it is to blame.
  package var quarantineHosts = 3
  /// How soon after it was placed there. Default 2 min. Raising it finds what takes longer to crash a host, and blames
  /// what was there by chance more often.
  package var quarantineWindow: Duration = .seconds(120)

  // MARK: Instances that their host fails

  /// How often in a row an instance has to end soon after its start before it is tried on another host. Default 8, about
  /// 10 s with the default backoff; 0: it never is. Raising it leaves more to restarts on the same host.
  package var crashEnds = 8
  /// On how many hosts it is tried before it stays where it is. Default 3. Raising it carries a program that can't run
  /// anywhere to more hosts.
  package var crashHosts = 3

  // MARK: Hosts that go down and come back

  /// For how long a host takes nothing new when it is back from going down the second time. Default 10 s; it doubles with
  /// each further time. 0 s: never. Raising it keeps what is placed off hosts that are not stable, and their room unused.
  package var flapHold: Duration = .seconds(10)
  /// The longest such time. Default 10 min.
  package var flapHoldMost: Duration = .seconds(600)
  /// After how long without going down it is a first time again. Default 10 min.
  package var flapStable: Duration = .seconds(600)

  package init() {}

  private static var counts:
    [(key: String, path: WritableKeyPath<Self, Int>, range: ClosedRange<Int>)]
  {
    [
      ("move-burst", \.moveBurst, 1...1_000_000),
      ("moves-per-minute", \.movesPerMinute, 1...1_000_000),
      ("quarantine-hosts", \.quarantineHosts, 0...1000), ("crash-ends", \.crashEnds, 0...1000),
      ("crash-hosts", \.crashHosts, 1...1000),
    ]
  }
  private static var durations: [(key: String, path: WritableKeyPath<Self, Duration>)] {
    [
      ("quarantine-window", \.quarantineWindow), ("flap-hold", \.flapHold),
      ("flap-hold-most", \.flapHoldMost), ("flap-stable", \.flapStable),
    ]
  }

  /// Every key there is.
  package static var keys: [String] { counts.map(\.key) + durations.map(\.key) }

  /// Sets one from `KEY=VALUE`.
  package mutating func set(_ text: String) throws(SettingError) {
    let (key, value) = try SettingError.split(text)
    if let found = Self.counts.first(where: { $0.key == key }) {
      guard let count = Int(value), found.range.contains(count) else {
        throw .badValue(
          key: key, value: value,
          wanted: "a whole number from \(found.range.lowerBound) to \(found.range.upperBound)")
      }
      self[keyPath: found.path] = count
    } else if let found = Self.durations.first(where: { $0.key == key }) {
      do throws(QuantityError) {
        self[keyPath: found.path] = try Span(value).duration
      } catch {
        throw .badValue(key: key, value: value, wanted: Span.expected)
      }
    } else {
      throw .unknownKey(key, of: "disruption", known: Self.keys.sorted())
    }
  }
}
