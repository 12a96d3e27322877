// SPDX-License-Identifier: Apache-2.0

/// Pauses between tries to reach the coordinator: doubling, with jitter, so that a cluster's agents don't
/// come back all at once.
struct RetryDelay: Sendable {
  /// 100 ms. Raising it delays the return after a short break.
  static let first = Duration.milliseconds(100)
  /// 5 s. Raising it spares a coordinator that is back after a long break.
  static let longest = Duration.seconds(5)

  private var base = first

  mutating func reset() { base = Self.first }

  /// Between half of the base and all of it.
  mutating func next() -> Duration {
    let pause = base * Double.random(in: 0.5...1)
    base = min(base * 2, Self.longest)
    return pause
  }
}
