// SPDX-License-Identifier: Apache-2.0

/// How far a place's clocks are from UTC, at any time: what a TZif file (RFC 8536) says.
package struct TimeZoneRules: Hashable, Sendable {
  /// What holds before the first transition, in seconds east of UTC.
  var initialOffset: Int64
  /// When the offset changes, in seconds since 1970 in UTC, in ascending order.
  var transitions: [Int64]
  /// The offsets from each transition on.
  var offsets: [Int64]
  /// What holds after the last transition; nil: the last offset, for ever.
  var footer: PosixTimeZone?

  package static let utc = TimeZoneRules(
    initialOffset: 0, transitions: [], offsets: [], footer: nil)

  init(
    initialOffset: Int64, transitions: [Int64], offsets: [Int64], footer: PosixTimeZone?
  ) {
    self.initialOffset = initialOffset
    self.transitions = transitions
    self.offsets = offsets
    self.footer = footer
  }

  /// One rule for all times.
  package init(footer: PosixTimeZone) {
    self.init(initialOffset: 0, transitions: [], offsets: [], footer: footer)
  }

  /// Seconds east of UTC at a time in seconds since 1970.
  package func offset(at time: Int64) -> Int64 {
    guard let last = transitions.last, let first = transitions.first else {
      return footer?.offset(at: time) ?? initialOffset
    }
    if time < first { return initialOffset }
    if time >= last { return footer?.offset(at: time) ?? offsets[offsets.count - 1] }
    // The last transition that is not after `time`.
    var (low, high) = (0, transitions.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if transitions[middle] <= time { low = middle } else { high = middle - 1 }
    }
    return offsets[low]
  }

  /// What the place's clocks show.
  package func civil(at time: Int64) -> CivilTime {
    CivilTime(seconds: time + offset(at: time))
  }

  /// When the place's clocks show a time, in seconds since 1970.
  package enum Instants: Hashable, Sendable {
    case once(Int64)
    /// The clocks are set back over it.
    case twice(first: Int64, second: Int64)
    /// The clocks are set forward over it, at this moment.
    case never(next: Int64)
  }

  package func instants(of civil: CivilTime) -> Instants {
    let local = civil.seconds
    // Offsets are less than 26 hours, and no place changes its clocks twice within two days.
    let before = offset(at: local - 26 * 3600)
    let after = offset(at: local + 26 * 3600)
    let hits = (before == after ? [before] : [before, after]).map { local - $0 }
      .filter { $0 + offset(at: $0) == local }.sorted()
    switch hits.count {
    case 1: return .once(hits[0])
    case 2: return .twice(first: hits[0], second: hits[1])
    default:
      var (low, high) = (local - max(before, after), local - min(before, after))
      while high - low > 1 {
        let middle = low + (high - low) / 2
        if offset(at: middle) == after { high = middle } else { low = middle }
      }
      return .never(next: high)
    }
  }
}
