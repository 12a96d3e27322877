// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// How long a host that went down and came back has to stay before it takes anything new: nothing the first time, then
/// `flap-hold`, and twice as long with each further time, up to `flap-hold-most`. A stable time makes it a first time again.
extension FlapRecord {
  /// It went down.
  /// - Parameter before: what is known of it; nil: it has not been down, or not for long.
  package static func wentDown(
    _ before: FlapRecord?, at now: Timestamp, _ settings: DisruptionSettings
  ) -> FlapRecord {
    guard let before, !before.isOver(at: now, settings) else {
      return FlapRecord(downs: 1, lastDownAt: now)
    }
    return FlapRecord(downs: min(before.downs + 1, Self.mostCounted), lastDownAt: now)
  }

  /// It is there again.
  package mutating func cameBack(at now: Timestamp, _ settings: DisruptionSettings) {
    guard backAt == nil else { return }
    backAt = now
    heldUntil = Self.hold(downs: downs, settings).map {
      now + Span(milliseconds: $0.wholeMilliseconds)
    }
  }

  /// The time that it is held back for; nil: none.
  package static func hold(downs: Int, _ settings: DisruptionSettings) -> Duration? {
    guard downs >= 2, settings.flapHold > .zero else { return nil }
    let doublings = min(downs - 2, 20)
    return min(settings.flapHold * (1 << doublings), max(settings.flapHold, settings.flapHoldMost))
  }

  /// Whether it takes nothing new. A wall clock that was set back holds nothing for longer than the longest hold.
  package func isHeld(at now: Timestamp, _ settings: DisruptionSettings) -> Bool {
    guard let heldUntil, let longest = Self.hold(downs: downs, settings) else { return false }
    return now < heldUntil && (heldUntil - now).duration <= longest
  }

  /// Whether it was there for so long that nothing is held against it any more.
  package func isOver(at now: Timestamp, _ settings: DisruptionSettings) -> Bool {
    guard heldUntil == nil, let backAt else { return false }
    return (now - backAt).duration >= settings.flapStable
  }

  /// In words that follow "is".
  package func closedBecause(_ settings: DisruptionSettings) -> String? {
    heldUntil.map {
      "held back until \($0), since it went down \(counted(downs, "time")) in a row without being up for "
        + "\(Span(milliseconds: settings.flapStable.wholeMilliseconds)) in between"
    }
  }

  private static var mostCounted: Int { 1000 }
}
