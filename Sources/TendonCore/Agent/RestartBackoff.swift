// SPDX-License-Identifier: Apache-2.0

/// How long an instance waits before it is started again: doubling from `first` to `longest`, each with
/// jitter, so that instances that failed together don't come back together.
package struct RestartBackoff: Hashable, Sendable {
  /// Before the first restart. Default 100 ms. Raising it delays recovery from a single crash.
  package var first: Duration
  /// The most between two starts. Default 30 s. Raising it spares the host and delays recovery from
  /// a long outage of something the instance depends on.
  package var longest: Duration
  /// A run of this length makes the next wait the first one again. Default 60 s.
  package var healthyAfter: Duration

  package init(
    first: Duration = .milliseconds(100), longest: Duration = .seconds(30),
    healthyAfter: Duration = .seconds(60)
  ) {
    self.first = first
    self.longest = longest
    self.healthyAfter = healthyAfter
  }

  /// The wait after `failures` ends in a row (at least 1): within a quarter of the doubled value
  /// either way, and never over `longest`.
  package func delay(
    afterFailures failures: Int, using generator: inout some RandomNumberGenerator
  ) -> Duration {
    precondition(failures >= 1, "a wait follows a failure")
    let longest = self.longest.nanosecondCount
    var base = first.nanosecondCount
    for _ in 1..<failures where base < longest { base *= 2 }
    base = min(base, longest)
    let spread = base / 4
    let jittered = base - spread + Int64.random(in: 0...(2 * spread), using: &generator)
    return .nanoseconds(min(jittered, longest))
  }
}

extension Duration {
  fileprivate var nanosecondCount: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
