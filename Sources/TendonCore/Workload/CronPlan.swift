// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Decides which of a schedule's times that have come is run, and which were missed.
package enum CronPlan {
  package struct Decision: Hashable, Sendable {
    /// The time to run for; nil when there is nothing to run.
    package var run: Timestamp?
    /// Whether that run is late and makes up for what was missed.
    package var makesUp: Bool
    /// How many times passed without a run, at most `mostCounted`.
    package var missed: Int
    /// The first of them.
    package var firstMissed: Timestamp?
    /// The newest time, which is decided on with this.
    package var newest: Timestamp
  }

  /// Beyond this, missed times are not counted one by one.
  package static let mostCounted = 100

  /// - Parameter last: the newest time that was decided on before.
  /// - Returns: nil when no time has come since.
  package static func decide(
    _ schedule: CronSchedule, in zone: TimeZoneRules, _ settings: CronSettings, last: Timestamp,
    now: Timestamp
  ) -> Decision? {
    let (lastSecond, nowSecond) = (last.wholeSeconds, now.wholeSeconds)
    guard let newest = schedule.last(upTo: nowSecond, after: lastSecond, in: zone) else {
      return nil
    }
    let late = now.millisecondsSinceEpoch - newest * 1000
    let isLate = late > settings.startingDeadline.milliseconds
    var missed: [Int64] = []
    var time = lastSecond
    while missed.count < mostCounted, let next = schedule.next(after: time, in: zone) {
      guard next < newest || isLate && next == newest else { break }
      missed.append(next)
      time = next
    }
    let runs = !isLate || settings.missed == .runOnce
    return Decision(
      run: runs ? Timestamp(seconds: newest) : nil, makesUp: isLate && runs, missed: missed.count,
      firstMissed: missed.first.map(Timestamp.init(seconds:)), newest: Timestamp(seconds: newest))
  }
}

extension Timestamp {
  package init(seconds: Int64) { self.init(millisecondsSinceEpoch: seconds * 1000) }

  /// Rounded down.
  var wholeSeconds: Int64 {
    let (quotient, remainder) = millisecondsSinceEpoch.quotientAndRemainder(dividingBy: 1000)
    return remainder < 0 ? quotient - 1 : quotient
  }

  static func + (left: Self, right: Span) -> Self {
    Self(millisecondsSinceEpoch: left.millisecondsSinceEpoch + right.milliseconds)
  }

  static func - (left: Self, right: Self) -> Span {
    Span(milliseconds: left.millisecondsSinceEpoch - right.millisecondsSinceEpoch)
  }
}
