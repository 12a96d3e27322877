// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// How fast instances are moved off hosts that are down: a token bucket, full at the start, so that one host's loss is
/// made up for at once and a wave of losses does not carry everything from host to host.
package struct MovePace: Hashable, Sendable {
  private let burst: Double
  private let perSecond: Double
  private var tokens: Double
  private var filledAt: MonotonicTime?
  /// Whether somebody was refused since the last look at `mayRetry`.
  private var isAwaited = false

  package init(_ settings: DisruptionSettings) {
    burst = Double(settings.moveBurst)
    perSecond = Double(settings.movesPerMinute) / 60
    tokens = burst
  }

  /// Takes one move; false when there is none left for now.
  package mutating func take(now: MonotonicTime) -> Bool {
    fill(now)
    guard tokens >= 1 else {
      isAwaited = true
      return false
    }
    tokens -= 1
    return true
  }

  /// Gives one back that came to nothing.
  package mutating func giveBack() { tokens = min(burst, tokens + 1) }

  /// True once there is a move again for those who were refused.
  package mutating func mayRetry(now: MonotonicTime) -> Bool {
    guard isAwaited else { return false }
    fill(now)
    guard tokens >= 1 else { return false }
    isAwaited = false
    return true
  }

  private mutating func fill(_ now: MonotonicTime) {
    let passed = filledAt.map { now - $0 } ?? .zero
    filledAt = max(now, filledAt ?? now)
    tokens = min(burst, tokens + Double(max(0, passed.wholeNanoseconds)) / 1e9 * perSecond)
  }
}
