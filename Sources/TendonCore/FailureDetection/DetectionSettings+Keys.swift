// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Settings by name, as the command line and `docs/failure-detection.md` have them.
extension DetectionSettings {
  private static var durations: [(key: String, path: WritableKeyPath<Self, Duration>)] {
    [
      ("margin-floor", \.marginFloor), ("suspect-after", \.suspectAfter),
      ("late-grace", \.lateGrace), ("probe-interval", \.probeInterval),
      ("slow-probe-interval", \.slowProbeInterval), ("answer-time", \.answerTime),
      ("kernel-check-interval", \.kernelCheckInterval), ("confirm-after", \.confirmAfter),
      ("down-after", \.downAfter), ("agent-restart-patience", \.agentRestartPatience),
      ("path-patience", \.pathPatience), ("goodbye-patience", \.goodbyePatience),
      ("start-grace", \.startGrace), ("pause-threshold", \.pauseThreshold),
      ("doubt-hold", \.doubtHold), ("quiet-window", \.quietWindow),
      ("doubt-patience", \.doubtPatience),
    ]
  }
  private static var counts:
    [(key: String, path: WritableKeyPath<Self, Int>, range: ClosedRange<Int>)]
  {
    [
      ("window", \.window, 8...1024), ("jitter-factor", \.jitterFactor, 0...100),
      ("probe-peers", \.probePeers, 0...16),
      ("most-probes-per-tick", \.mostProbesPerTick, 1...10_000),
      ("mass-quiet", \.massQuiet, 2...1_000_000),
    ]
  }
  private static var parts: [(key: String, path: WritableKeyPath<Self, Double>)] {
    [
      ("late-chance", \.lateChance), ("false-down-chance", \.falseDownChance),
      ("loss-floor", \.lossFloor), ("mass-quiet-part", \.massQuietPart),
    ]
  }

  /// Every key there is.
  package static var keys: [String] {
    durations.map(\.key) + counts.map(\.key) + parts.map(\.key) + ["kernel-probes"]
  }

  /// Sets one from `KEY=VALUE`.
  package mutating func set(_ text: String) throws(SettingError) {
    let (key, value) = try SettingError.split(text)
    try set(key, to: value)
  }

  private mutating func set(_ key: String, to value: String) throws(SettingError) {
    func bad(_ wanted: String) -> SettingError {
      .badValue(key: key, value: value, wanted: wanted)
    }
    if let found = Self.durations.first(where: { $0.key == key }) {
      do throws(QuantityError) {
        self[keyPath: found.path] = try Span(value).duration
      } catch { throw bad(Span.expected) }
    } else if let found = Self.counts.first(where: { $0.key == key }) {
      guard let count = Int(value), found.range.contains(count) else {
        throw bad("a whole number from \(found.range.lowerBound) to \(found.range.upperBound)")
      }
      self[keyPath: found.path] = count
    } else if let found = Self.parts.first(where: { $0.key == key }) {
      guard let part = Double(value), part > 0, part < 1 else {
        throw bad("a number between 0 and 1")
      }
      self[keyPath: found.path] = part
    } else if key == "kernel-probes" {
      guard let isOn = Bool(value) else { throw bad("true or false") }
      kernelProbes = isOn
    } else {
      throw .unknownKey(key, of: "detection", known: Self.keys.sorted())
    }
  }
}
