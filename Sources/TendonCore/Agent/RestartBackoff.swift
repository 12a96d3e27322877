// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// How long an instance waits before it is started again: doubling from `first` to `longest`, each with
/// jitter, so that instances that failed together don't come back together.
package struct RestartBackoff: Hashable, Sendable {
  /// Before the first restart. Raising it delays recovery from a single crash; zero never waits.
  package var first: Duration
  /// The most between two starts. Raising it spares the host and delays recovery from a long outage of
  /// something the instance depends on.
  package var longest: Duration
  /// A run of this length makes the next wait the first one again.
  package var healthyAfter: Duration

  package init(_ settings: BackoffSettings) {
    first = settings.delay.duration
    longest = settings.longest.duration
    healthyAfter = settings.healthyAfter.duration
  }

  /// The wait after `failures` ends in a row (at least 1): between half and nine tenths of the doubled value, so that
  /// the start itself fits into what is left.
  package func delay(
    afterFailures failures: Int, using generator: inout some RandomNumberGenerator
  ) -> Duration {
    precondition(failures >= 1, "a wait follows a failure")
    let longest = self.longest.nanosecondCount
    var base = first.nanosecondCount
    guard base > 0 else { return .zero }
    for _ in 1..<failures where base < longest { base *= 2 }
    base = min(base, longest)
    return .nanoseconds(Int64.random(in: (base / 2)...(base / 10 * 9 + 1), using: &generator))
  }
}

extension Duration {
  fileprivate var nanosecondCount: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
